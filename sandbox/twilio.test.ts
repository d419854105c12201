import twilio from "twilio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunningSandbox } from "./start.ts";
import {
  type Credentials,
  getJson,
  type Listener,
  makeAccount,
  startListener,
  startTestSandbox,
  twilioClient,
  until,
} from "./test-harness.ts";
import { countSegments } from "./twilio/segments.ts";

let sandbox: RunningSandbox;
let listener: Listener;
let account: Credentials;
let client: twilio.Twilio;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  listener = await startListener();
  account = await makeAccount(sandbox, "shop");
  client = twilioClient(sandbox, account.twilio);
});

afterAll(async () => {
  await sandbox.close();
  listener.close();
});

const send = (to: string, more: object = {}) =>
  client.messages.create({
    to,
    from: account.twilio.from,
    body: "Pay here: http://pay.example/i/1",
    ...more,
  });

function callbacksFor(sid: string): Record<string, string>[] {
  return listener.received
    .map((one) => Object.fromEntries(new URLSearchParams(one.body)))
    .filter((fields) => fields.MessageSid === sid);
}

describe("sending", () => {
  test("a message is queued, then sent, then delivered, and each change is reported with a valid signature", async () => {
    const url = `${listener.url}/status?invoice=inv_1&x='a'`;
    const made = await send("+4790000001", { statusCallback: url });
    expect(made).toMatchObject({
      status: "queued",
      numSegments: "1",
      direction: "outbound-api",
      errorCode: null,
    });
    expect(made.sid).toMatch(/^SM[0-9a-f]{32}$/);
    expect(made.dateCreated).toBeInstanceOf(Date);
    await until(() => callbacksFor(made.sid).length === 2);
    expect(callbacksFor(made.sid).map((fields) => fields.MessageStatus)).toEqual(["sent", "delivered"]);
    for (const one of listener.received.filter((received) => received.body.includes(made.sid))) {
      const fields = Object.fromEntries(new URLSearchParams(one.body));
      const signature = String(one.headers["x-twilio-signature"]);
      expect(fields).toMatchObject({
        SmsSid: made.sid,
        AccountSid: account.twilio.account_sid,
        From: account.twilio.from,
        To: "+4790000001",
        ApiVersion: "2010-04-01",
      });
      expect(twilio.validateRequest(account.twilio.auth_token, signature, url, fields)).toBe(true);
      expect(twilio.validateRequest("0".repeat(32), signature, url, fields)).toBe(false);
    }
    const read = await client.messages(made.sid).fetch();
    expect(read.status).toBe("delivered");
    expect(read.dateSent).toBeInstanceOf(Date);
  });

  test("it is on the virtual phone as soon as it is accepted", async () => {
    const made = await send("+4790000002");
    const { messages } = await getJson<{ messages: { sid: string; body: string }[] }>(
      sandbox,
      "/phones/%2B4790000002/messages",
    );
    expect(messages).toMatchObject([{ sid: made.sid, from: account.twilio.from, body: made.body }]);
  });

  test.each([
    ["90", "undelivered", 30003],
    ["91", "failed", 30006],
    ["93", "undelivered", 30007],
  ])("a number that ends in %s ends %s with error %i", async (ending, status, code) => {
    const made = await send(`+47900000${ending}`, { statusCallback: listener.url });
    const last = await until(() => callbacksFor(made.sid).find((fields) => fields.MessageStatus === status));
    expect(last.ErrorCode).toBe(String(code));
    expect(await client.messages(made.sid).fetch()).toMatchObject({ status, errorCode: code });
  });

  test("a number that ends in 92 stays sent", async () => {
    const made = await send("+4790000092");
    await until(async () => (await client.messages(made.sid).fetch()).status === "sent");
  });

  test("through a messaging service a message is accepted first and has no sender yet", async () => {
    const messagingServiceSid = `MG${"a".repeat(32)}`;
    const made = await client.messages.create({
      to: "+4790000003",
      messagingServiceSid,
      body: "Hello",
      statusCallback: listener.url,
    });
    expect(made).toMatchObject({ status: "accepted", from: null, numSegments: "0", messagingServiceSid });
    await until(() => callbacksFor(made.sid).length === 3);
    expect(callbacksFor(made.sid).map((fields) => fields.MessageStatus)).toEqual([
      "queued",
      "sent",
      "delivered",
    ]);
  });
});

describe("refusals", () => {
  const to = "+4790000004";
  test.each([
    ["+15005550001", 21211],
    ["+15005550002", 21612],
    ["+15005550003", 21408],
    ["+15005550004", 21610],
    ["+15005550009", 21614],
    ["90000000", 21211],
    ["+0790000000", 21211],
  ])("a message to %s is refused with %i", async (recipient, code) => {
    await expect(send(recipient)).rejects.toMatchObject({ status: 400, code });
  });

  test.each([
    ["no body", { body: "" }, 21602],
    ["a body over 1600 characters", { body: "x".repeat(1_601) }, 21617],
    ["a number that the account does not have", { from: "+15005550007" }, 21606],
    ["a sender that is no number", { from: "not a good sender" }, 21212],
    ["no sender", { from: "" }, 21603],
    ["a callback that is no address", { statusCallback: "nowhere" }, 21609],
  ])("%s is refused", async (_name, more, code) => {
    await expect(send(to, more)).rejects.toMatchObject({ status: 400, code });
  });

  test("a body of 1600 characters and a sender's name pass", async () => {
    expect((await send(to, { body: "x".repeat(1_600), from: "Billtext" })).numSegments).toBe("11");
  });

  test("wrong credentials are 401 with code 20003, another account's resource is 404", async () => {
    const wrong = twilioClient(sandbox, { ...account.twilio, auth_token: "0".repeat(32) });
    await expect(wrong.messages.list()).rejects.toMatchObject({ status: 401, code: 20003 });
    const other = await makeAccount(sandbox, "other");
    const made = await send(to);
    const stranger = twilioClient(sandbox, other.twilio);
    await expect(stranger.messages(made.sid).fetch()).rejects.toMatchObject({ status: 404, code: 20404 });
  });
});

describe("listing", () => {
  test("gives the newest first, filters, and pages without gaps while more arrive", async () => {
    const own = await makeAccount(sandbox, "lister");
    const lister = twilioClient(sandbox, own.twilio);
    const sids: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      const to = count % 2 === 0 ? "+4790000005" : "+4790000006";
      sids.unshift((await lister.messages.create({ to, from: own.twilio.from, body: `No. ${count}` })).sid);
    }
    const listed: string[] = [];
    const first = await lister.messages.page({ pageSize: 2 });
    await lister.messages.create({ to: "+4790000007", from: own.twilio.from, body: "Late" });
    listed.push(...first.instances.map((message) => message.sid));
    for (let page = await first.nextPage(); page; page = await page.nextPage()) {
      listed.push(...page.instances.map((message) => message.sid));
    }
    expect(listed).toEqual(sids);
    expect(await lister.messages.list({ to: "+4790000006" })).toHaveLength(2);
    await until(async () =>
      (await lister.messages.list()).every((message) => message.status === "delivered"),
    );
    const hour = 3_600_000;
    expect(await lister.messages.list({ dateSentAfter: new Date(Date.now() - hour) })).toHaveLength(6);
    expect(await lister.messages.list({ dateSentAfter: new Date(Date.now() + hour) })).toHaveLength(0);
    expect(await lister.messages.list({ dateSentBefore: new Date(Date.now() - hour) })).toHaveLength(0);
    expect(await lister.messages.list({ dateSent: new Date() })).toHaveLength(6);
  });
});

describe("segments are counted as phones count them", () => {
  test.each([
    ["160 plain characters", "x".repeat(160), 1],
    ["161 plain characters", "x".repeat(161), 2],
    ["307 plain characters", "x".repeat(307), 3],
    ["80 characters of the extension table", "€".repeat(80), 1],
    ["81 characters of the extension table", "€".repeat(81), 2],
    ["an extension character that would straddle two segments", `${"x".repeat(152)}€${"x".repeat(151)}€`, 3],
    ["Norwegian letters", "æøåÆØÅ".repeat(20), 1],
    ["70 letters outside of GSM", "ș".repeat(70), 1],
    ["71 letters outside of GSM", "ș".repeat(71), 2],
    ["35 emoji", "😀".repeat(35), 1],
    ["67 emoji, two of which would straddle", "😀".repeat(67), 3],
  ])("%s", (_name, body, segments) => {
    expect(countSegments(body)).toBe(segments);
  });
});
