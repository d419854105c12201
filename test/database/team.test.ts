import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Role } from "#lib/domain/permissions.ts";
import { mayPerson, PERMISSION_NAMES, PERMISSIONS, ROLES } from "#lib/domain/permissions.ts";
import { MODES } from "#lib/domain/tenant.ts";
import { requirePermission, type ServiceContext } from "#lib/services/context.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { listInvoices } from "#lib/services/invoices/get.ts";
import { createKey } from "#lib/services/keys/create.ts";
import { acceptInvitation, viewInvitation } from "#lib/services/people/invitations.ts";
import { contextOfPerson, readViewer, type Viewer } from "#lib/services/people/person.ts";
import { changeRole, getTeam, inviteMember, withdrawInvitation } from "#lib/services/people/team.ts";
import { invoiceInput } from "./helpers.ts";
import {
  enter,
  freshEmail,
  mailedToken,
  makeOwner,
  PASSWORD,
  refusal,
  somewhere,
  viewerOf,
} from "./people-helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;
let owner: Viewer;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
  owner = await viewerOf(system, await enter(system, (await makeOwner(system, shop)).email));
});
afterAll(() => system.close());

const as = (viewer: Viewer, mode: "test" | "live" = "live", merchant = shop): ServiceContext =>
  contextOfPerson(system.deps, viewer, { merchantId: merchant.merchantId, mode, correlationId: "web_test" });
const linkTo = (token: string) => `https://pay.example/invitations/${token}`;
const invite = (ctx: ServiceContext, email: string, role: Role) => inviteMember(ctx, { email, role, linkTo });
const accept = (token: string, password = PASSWORD) =>
  acceptInvitation(system.deps, {
    token,
    name: "New Person",
    password,
    source: somewhere(),
    correlationId: "web_test",
  });

/** Invites somebody new, who takes it up. */
async function join(role: Role): Promise<Viewer> {
  const email = freshEmail(system);
  await invite(as(owner), email, role);
  const { session } = await accept(await mailedToken(system, email));
  if (session === null) throw new Error("Nobody was signed in.");
  return await viewerOf(system, session);
}

describe("an invitation", () => {
  it("makes somebody new a member with a password of their own, once, and is written down", async () => {
    const email = freshEmail(system);
    await invite(as(owner), email, "finance");
    const token = await mailedToken(system, email);
    expect(await viewInvitation(system.deps, token, somewhere())).toMatchObject({ email, role: "finance" });
    expect(await refusal(accept(token, "short"))).toBe("password_too_short");
    const { session } = await accept(token);
    expect(session).not.toBeNull();
    expect(await refusal(accept(token))).toBe("link_dead");
    expect((await viewerOf(system, await enter(system, email))).memberships).toMatchObject([
      { role: "finance" },
    ]);
    const { rows } = await system.superuser.query(
      "select act, actor_kind from audit_entries where merchant_id = $1 and mode = 'live' and (subject_id = $2 or subject_id in (select id from users where email = $2)) order by at, act desc",
      [shop.merchantId, email],
    );
    expect(rows).toEqual([
      { act: "team.invited", actor_kind: "user" },
      { act: "team.joined", actor_kind: "user" },
    ]);
  });

  it("to somebody who has a password gives the role, and signs nobody in", async () => {
    const other = await system.merchant();
    const { email } = await makeOwner(system, other);
    await invite(as(owner), email, "viewer");
    expect(await accept(await mailedToken(system, email), "")).toMatchObject({ session: null });
    const { memberships } = await viewerOf(system, await enter(system, email));
    expect(memberships.map(({ merchantId, role }) => [merchantId, role])).toEqual([
      [other.merchantId, "owner"],
      [shop.merchantId, "viewer"],
    ]);
    expect(await refusal(invite(as(owner), email, "viewer"))).toBe("already_member");
  });

  it("ends when it is withdrawn, or another is sent, or a week has passed", async () => {
    const email = freshEmail(system);
    await invite(as(owner), email, "viewer");
    const first = await mailedToken(system, email);
    await invite(as(owner), email, "support");
    expect(await refusal(accept(first))).toBe("link_dead");
    const second = await mailedToken(system, email);
    expect((await getTeam(as(owner))).invitations.filter((one) => one.email === email)).toHaveLength(1);
    await withdrawInvitation(as(owner), email as never);
    expect(await refusal(accept(second))).toBe("link_dead");
    await invite(as(owner), email, "viewer");
    const third = await mailedToken(system, email);
    await system.superuser.query("update mailed_tokens set expires_at = now() where email = $1", [email]);
    expect(await refusal(accept(third))).toBe("link_dead");
  });
});

describe("roles", () => {
  it("count from the next request: taken away, nothing of the merchant is there any more", async () => {
    const person = await join("support");
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    expect(await refusal(cancelInvoice(as(person, "test"), invoice.id))).toBe("done");
    await changeRole(as(owner), person.id, "viewer");
    const sessionId = await enter(system, person.email);
    const now = await viewerOf(system, sessionId);
    const { invoice: next } = await createInvoice(shop.ctx, invoiceInput());
    expect(await refusal(cancelInvoice(as(now, "test"), next.id))).toBe("permission_denied");
    await changeRole(as(owner), person.id, null);
    const gone = await readViewer(system.deps, sessionId.sessionId);
    expect(gone?.memberships).toEqual([]);
    expect(() => as(gone as Viewer)).toThrow("There is no such merchant.");
  });

  it("are given by owners and admins; only owners touch owners, and the last one stays", async () => {
    const admin = await join("admin");
    const viewer = await join("viewer");
    expect(await refusal(invite(as(viewer), freshEmail(system), "viewer"))).toBe("permission_denied");
    expect(await refusal(invite(as(admin), freshEmail(system), "owner"))).toBe("role_above_yours");
    expect(await refusal(changeRole(as(admin), owner.id, "viewer"))).toBe("role_above_yours");
    expect(await refusal(changeRole(as(admin), viewer.id, "support"))).toBe("done");
    expect(await refusal(changeRole(as(owner), owner.id, "admin"))).toBe("last_owner");
    const second = await join("owner");
    const both = await Promise.all([
      refusal(changeRole(as(owner), owner.id, "admin")),
      refusal(changeRole(as(second), second.id, "admin")),
    ]);
    expect(both.sort()).toEqual(["done", "last_owner"]);
    const { members } = await getTeam({ ...as(owner), actor: { kind: "system", id: "test" } });
    expect(members.filter(({ role }) => role === "owner")).toHaveLength(1);
    await changeRole({ ...as(owner), actor: { kind: "system", id: "test" } }, owner.id, "owner");
  });

  it("of one merchant are nothing at another", async () => {
    const other = await system.merchant();
    expect(() => as(owner, "test", other)).toThrow("There is no such merchant.");
  });

  it.each(MODES)("are checked cell by cell in %s mode, as the table has it", (mode) => {
    for (const role of ROLES) {
      const ctx: ServiceContext = {
        ...as(owner, mode),
        actor: { kind: "user", id: owner.id, role },
      };
      for (const permission of PERMISSION_NAMES) {
        const isRefused = (() => {
          try {
            requirePermission(ctx, permission);
            return false;
          } catch {
            return true;
          }
        })();
        const { roles, isForTesting } = PERMISSIONS[permission];
        const may = roles.includes(role) || (role === "developer" && mode === "test" && isForTesting);
        expect([permission, role, isRefused]).toEqual([permission, role, !may]);
        expect(mayPerson(role, permission, mode)).toBe(may);
      }
    }
  });

  it("bound what keys a person can make", async () => {
    const developer = await join("developer");
    const make = (mode: "test" | "live", scope: "refunds:write" | "callbacks:write") =>
      refusal(
        createKey(as(developer, mode), {
          name: "Till",
          scopes: [scope],
          allowedNetworks: null,
          expiresAt: null,
        }),
      );
    expect(await make("live", "refunds:write")).toBe("scope_not_held");
    expect(await make("live", "callbacks:write")).toBe("done");
    expect(await make("test", "refunds:write")).toBe("done");
  });

  it("let a viewer see and do nothing else", async () => {
    const viewer = await join("viewer");
    const list = listInvoices(as(viewer, "test"), { filter: {}, phone: null, cursor: null, limit: 5 });
    expect(await refusal(list)).toBe("done");
    expect(await refusal(createInvoice(as(viewer, "test"), invoiceInput()))).toBe("permission_denied");
    expect(await refusal(getTeam(as(viewer)))).toBe("permission_denied");
  });
});
