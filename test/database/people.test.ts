import { Secret, TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  beginTotp,
  confirmTotp,
  passFactor,
  readTotpSetup,
  removeTotp,
} from "#lib/services/people/factors.ts";
import { changePassword, requestPasswordReset, resetPassword } from "#lib/services/people/passwords.ts";
import { readViewer } from "#lib/services/people/person.ts";
import { endSessions, listOwnSessions, signIn, signOut } from "#lib/services/people/sign-in.ts";
import {
  enter,
  freshEmail,
  mailedToken,
  mailsTo,
  makeOwner,
  PASSWORD,
  refusal,
  somewhere,
  viewerOf,
} from "./people-helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
});
afterAll(() => system.close());

const tryIn = (email: string, password: string, source = somewhere(), deviceProof: string | null = null) =>
  refusal(signIn(system.deps, { email, password, source, deviceProof }));
const linkTo = (token: string) => `https://pay.example/reset/${token}`;
const sessionRow = (sessionId: string, change: string) =>
  system.superuser.query(`update user_sessions set ${change} where id_hash = $1`, [
    Buffer.from(system.deps.vault.hash(sessionId)),
  ]);

describe("signing in", () => {
  it("opens a session that is listed, and ends with it", async () => {
    const { email, userId } = await makeOwner(system, shop);
    const opened = await enter(system, ` ${email.toUpperCase()} `);
    const viewer = await viewerOf(system, opened);
    expect(viewer).toMatchObject({ id: userId, email, isComplete: true });
    expect(viewer.memberships).toMatchObject([{ merchantId: shop.merchantId, role: "owner" }]);
    const other = await enter(system, email);
    expect(await listOwnSessions(system.deps, viewer)).toHaveLength(2);
    expect(await endSessions(system.deps, viewer, "others")).toBe(1);
    expect(await readViewer(system.deps, other.sessionId)).toBeNull();
    await signOut(system.deps, viewer);
    expect(await readViewer(system.deps, opened.sessionId)).toBeNull();
  });

  it("is refused alike for unknown, wrong, malformed and disabled, whatever is typed", async () => {
    const { email, userId } = await makeOwner(system, shop);
    const lookAlike = email.replace("@", "＠");
    for (const [address, password] of [
      [email, "another password"],
      [freshEmail(system), PASSWORD],
      [lookAlike, PASSWORD],
      [`${email},x@example.com`, PASSWORD],
      [`"${email.split("@")[0]}"@example.com`, PASSWORD],
      ["", ""],
      [email, "x".repeat(100_000)],
    ] as const) {
      expect(await tryIn(address, password), address).toBe("credentials_wrong");
    }
    await system.superuser.query("update users set disabled_at = now() where id = $1", [userId]);
    expect(await tryIn(email, PASSWORD)).toBe("credentials_wrong");
  });

  it("ends when it is not used for half an hour, after twelve hours, and with the person", async () => {
    const { email, userId } = await makeOwner(system, shop);
    for (const change of ["last_seen_at = now() - interval '31 minutes'", "expires_at = now()"]) {
      const { sessionId } = await enter(system, email);
      expect(await readViewer(system.deps, sessionId)).not.toBeNull();
      await sessionRow(sessionId, change);
      expect(await readViewer(system.deps, sessionId)).toBeNull();
    }
    const { sessionId } = await enter(system, email);
    await system.superuser.query("update users set disabled_at = now() where id = $1", [userId]);
    expect(await readViewer(system.deps, sessionId)).toBeNull();
  });

  it("is bounded by place, and strangers who use up a name's tries do not lock it out where it is known", async () => {
    const { email } = await makeOwner(system, shop);
    const { deviceProof } = await enter(system, email);
    const place = somewhere();
    for (let entered = 0; entered < 15; entered += 1)
      expect(await tryIn(email, PASSWORD, place)).toBe("done");
    for (let tried = 0; tried < 10; tried += 1) await tryIn(email, "wrong", place);
    expect(await tryIn(email, PASSWORD, place)).toBe("too_many_tries");
    expect(await tryIn(email, PASSWORD)).toBe("done");
    await Promise.all(Array.from({ length: 100 }, () => tryIn(email, "wrong")));
    expect(await tryIn(email, PASSWORD)).toBe("too_many_tries");
    expect(await tryIn(email, PASSWORD, somewhere(), deviceProof)).toBe("done");
    const stranger = await makeOwner(system, shop);
    const foreign = await enter(system, stranger.email);
    expect(await tryIn(email, PASSWORD, somewhere(), foreign.deviceProof)).toBe("too_many_tries");
  });
});

describe("a password", () => {
  it("that is forgotten is chosen anew by a mailed link, once, and every session ends", async () => {
    const { email } = await makeOwner(system, shop);
    const { sessionId } = await enter(system, email);
    await requestPasswordReset(system.deps, { email, source: somewhere(), linkTo });
    const token = await mailedToken(system, email);
    const reset = (password: string, source = somewhere()) =>
      refusal(resetPassword(system.deps, { token, password, source }));
    expect(await reset("short")).toBe("password_too_short");
    expect(await reset("password12345")).toBe("password_common");
    expect(await reset("aaaaaaaaaaaaaa")).toBe("password_common");
    expect(await reset("seven lantern harbour")).toBe("done");
    expect(await reset("another harbour seven")).toBe("link_dead");
    expect(await readViewer(system.deps, sessionId)).toBeNull();
    expect(await tryIn(email, PASSWORD)).toBe("credentials_wrong");
    expect(await tryIn(email, "seven lantern harbour")).toBe("done");
  });

  it("is mailed to nobody who is unknown, three times an hour at most, and the asker is told the same", async () => {
    const { email } = await makeOwner(system, shop);
    const unknown = freshEmail(system);
    for (let asked = 0; asked < 5; asked += 1) {
      for (const address of [email, unknown]) {
        const asking = requestPasswordReset(system.deps, { email: address, source: somewhere(), linkTo });
        expect(await refusal(asking)).toBe("done");
      }
    }
    expect(await mailsTo(system, unknown)).toEqual([]);
    expect(await mailsTo(system, email)).toHaveLength(3);
  });

  it("link dies after half an hour, and is nowhere to be read once it is sent", async () => {
    const { email } = await makeOwner(system, shop);
    await requestPasswordReset(system.deps, { email, source: somewhere(), linkTo });
    const token = await mailedToken(system, email);
    await system.superuser.query("update mailed_tokens set expires_at = now() where email = $1", [email]);
    const late = resetPassword(system.deps, {
      token,
      password: "seven lantern harbour",
      source: somewhere(),
    });
    expect(await refusal(late)).toBe("link_dead");
    const { rows } = await system.superuser.query("select state, content from mails where recipient = $1", [
      email,
    ]);
    expect(rows).toEqual([{ state: "sent", content: null }]);
  });

  it("is changed by whoever knows the present one; other sessions end", async () => {
    const { email } = await makeOwner(system, shop);
    const [here, there] = [await enter(system, email), await enter(system, email)];
    const viewer = await viewerOf(system, here);
    const change = (current: string) =>
      refusal(changePassword(system.deps, viewer, { current, password: "seven lantern harbour" }));
    expect(await change("wrong")).toBe("credentials_wrong");
    expect(await change(PASSWORD)).toBe("done");
    expect(await readViewer(system.deps, here.sessionId)).not.toBeNull();
    expect(await readViewer(system.deps, there.sessionId)).toBeNull();
  });
});

describe("the second factor", () => {
  async function withTotp() {
    const { email } = await makeOwner(system, shop);
    const viewer = await viewerOf(system, await enter(system, email));
    await beginTotp(system.deps, viewer);
    const secret = (await readTotpSetup(system.deps, viewer))?.secret ?? "";
    const totp = new TOTP({ secret: Secret.fromBase32(secret) });
    const codeAt = (stepsFromNow: number) => totp.generate({ timestamp: Date.now() + stepsFromNow * 30_000 });
    return { email, viewer, codeAt };
  }

  it("is in use once its first code was right, and asked for at the next sign-in", async () => {
    const { email, viewer, codeAt } = await withTotp();
    expect(await refusal(confirmTotp(system.deps, viewer, "000000"))).toBe("factor_wrong");
    expect((await enter(system, email)).isComplete).toBe(true);
    const recovery = await confirmTotp(system.deps, viewer, codeAt(-1));
    expect(new Set(recovery).size).toBe(10);
    const opened = await enter(system, email);
    expect(opened.isComplete).toBe(false);
    expect(await viewerOf(system, opened)).toMatchObject({ isComplete: false });
    expect(await refusal(passFactor(system.deps, opened.sessionId, codeAt(-1)))).toBe("factor_wrong");
    expect(await refusal(passFactor(system.deps, opened.sessionId, codeAt(0)))).toBe("done");
    expect(await viewerOf(system, opened)).toMatchObject({ isComplete: true });
    const again = await enter(system, email);
    expect(await refusal(passFactor(system.deps, again.sessionId, codeAt(0)))).toBe("factor_wrong");
    expect(await refusal(passFactor(system.deps, again.sessionId, codeAt(1)))).toBe("done");
  });

  it("may be guessed five times a sign-in, by however many at once", async () => {
    const { email, viewer, codeAt } = await withTotp();
    await confirmTotp(system.deps, viewer, codeAt(0));
    const { sessionId } = await enter(system, email);
    const guesses = await Promise.all(
      Array.from({ length: 12 }, (_, guess) =>
        refusal(passFactor(system.deps, sessionId, String(100_000 + guess))),
      ),
    );
    expect(guesses.filter((said) => said === "factor_wrong")).toHaveLength(4);
    expect(await refusal(passFactor(system.deps, sessionId, codeAt(1)))).toBe("signed_out");
    expect(await readViewer(system.deps, sessionId)).toBeNull();
  });

  it("is replaced by a recovery code, each once, and given up with the password", async () => {
    const { email, viewer, codeAt } = await withTotp();
    const [code = ""] = await confirmTotp(system.deps, viewer, codeAt(0));
    const first = await enter(system, email);
    expect(await refusal(passFactor(system.deps, first.sessionId, code.toLowerCase()))).toBe("done");
    const second = await enter(system, email);
    expect(await refusal(passFactor(system.deps, second.sessionId, code))).toBe("factor_wrong");
    const inside = await viewerOf(system, first);
    expect(await refusal(removeTotp(system.deps, inside, "wrong"))).toBe("credentials_wrong");
    expect(await refusal(removeTotp(system.deps, inside, PASSWORD))).toBe("done");
    expect((await enter(system, email)).isComplete).toBe(true);
  });
});
