// The sandbox's messages and what our SMS sender really posts through Twilio's SDK, held against Twilio's definition.

import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RailAccountId } from "#lib/domain/ids.ts";
import type { Msisdn } from "#lib/domain/msisdn.ts";
import type { OpenRailAccount } from "#lib/domain/ports/rail.ts";
import type { OutboundSms } from "#lib/domain/ports/sms.ts";
import { createTwilioSms } from "#lib/sms/twilio.ts";
import type { RunningSandbox } from "../../sandbox/start.ts";
import { type Credentials, makeAccount, startTestSandbox, until } from "../../sandbox/test-harness.ts";
import { type Definition, openDefinition } from "./definition.ts";
import { readDefinition } from "./folder.ts";
import { type Fields, fieldsOf, listOf } from "./json.ts";
import { type Exchange, type Recorder, startRecorder } from "./recorder.ts";
import { examplesOf } from "./samples.ts";
import { describeContract } from "./suite.ts";

const MESSAGES = "twilio/messages.openapi.json";

/** Formats that the definition only names. Its `uri` takes paths too: its own examples have them. */
const FORMATS = {
  currency: /^[A-Z]{3}$/,
  "date-time-rfc-2822": /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}$/,
  "phone-number": /^(\+[1-9]\d{4,14}|[A-Za-z0-9 ]{3,11})$/,
  uri: /^(https?:\/)?\/[^\s]+$/,
  "uri-map": true as const,
};

const RECEIVED_ONLY = new Set(["receiving", "received"]);

const sms = createTwilioSms({ timeoutMs: 10_000 });
let document: Fields;
let definition: Definition;
let sandbox: RunningSandbox;
let recorder: Recorder;
let credentials: Credentials["twilio"];

const accountWith = (messagingServiceSid: string | null): OpenRailAccount => ({
  id: `acc_${messagingServiceSid === null ? 0 : 1}123456789abcdefghijkl` as RailAccountId,
  mode: "test",
  baseUrl: recorder.url,
  credentials: {
    accountSid: credentials.account_sid,
    authToken: credentials.auth_token,
    from: credentials.from,
    messagingServiceSid,
  },
  settings: {},
});

const text = (changes: Partial<OutboundSms> = {}): OutboundSms => ({
  to: "+4790000000" as Msisdn,
  sender: null,
  body: "Fjord Books: NOK 249.00. Pay at https://pay.example/p/1",
  statusUrl: "https://pay.example/reports/1",
  ...changes,
});

const ask = async (path: string): Promise<unknown> => {
  const { account_sid, auth_token } = credentials;
  const authorization = `Basic ${btoa(`${account_sid}:${auth_token}`)}`;
  const base = `${recorder.url}/2010-04-01/Accounts/${account_sid}`;
  return (await fetch(`${base}${path}`, { headers: { authorization } })).json();
};

const faultsOf = ({ method, path, query, status, answerHeaders: headers, answer }: Exchange) => {
  const operation = definition.operation(method, path);
  const reply = { status, headers, body: JSON.parse(answer) as unknown };
  return [...definition.queryFaults(operation, query), ...definition.answerFaults(operation, reply)];
};

describeContract("Twilio's messages", [MESSAGES], () => {
  beforeAll(async () => {
    document = readDefinition(MESSAGES);
    definition = openDefinition(document, { formats: FORMATS });
    sandbox = await startTestSandbox();
    recorder = await startRecorder(sandbox.publicUrl);
    credentials = (await makeAccount(sandbox, "shop")).twilio;
  });
  afterAll(async () => {
    recorder.close();
    await sandbox.close();
  });

  it("the definition's own answers satisfy its schemas as these tests run them", () => {
    // Answers only: an example of a request has a field that the definition itself does not list.
    const examples = definition.operations().flatMap(({ node }) => examplesOf(node.responses));
    expect(examples.length).toBeGreaterThan(10);
    for (const { name, schema, value } of examples) {
      expect({ name, faults: definition.faults(schema, value) }).toEqual({ name, faults: [] });
    }
  });

  it.each<[string, string | null, Partial<OutboundSms>]>([
    ["from the account's number", null, {}],
    ["under a name", null, { sender: "Fjord Books" }],
    ["through a messaging service", `MG${"0".repeat(32)}`, {}],
    ["under a name, though there is a service", `MG${"0".repeat(32)}`, { sender: "Billtext" }],
    ["where no report can reach us", null, { statusUrl: null }],
    ["in other letters and more than one part", null, { body: "Svømmestevne – to billetter 🎟 ".repeat(6) }],
  ])("our sender posts only what the definition lists: %s", async (_name, service, changes) => {
    const before = recorder.exchanges.length;
    const outbound = text(changes);
    expect(await sms.send(accountWith(service), outbound)).toMatchObject({ kind: "accepted" });
    const [exchange, ...more] = recorder.exchanges.slice(before);
    if (exchange === undefined) throw new Error("Nothing was sent.");
    expect(more).toEqual([]);
    expect(exchange.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    const form = new URLSearchParams(exchange.body);
    const schema = definition.requestSchema(definition.operation(exchange.method, exchange.path)) ?? {};
    expect(definition.faults(schema, Object.fromEntries(form))).toEqual([]);
    expect([...form.keys()]).toHaveLength(new Set(form.keys()).size);
    expect(form.get("To")).toBe(outbound.to);
    expect(form.get("Body")).toBe(outbound.body);
    expect(form.get("StatusCallback")).toBe(outbound.statusUrl);
    expect(form.get("From") === null).toBe(form.get("MessagingServiceSid") !== null);
    expect(faultsOf(exchange)).toEqual([]);
  });

  it.each([
    ["is delivered", "00", "delivered"],
    ["is not delivered", "90", "undelivered"],
    ["fails", "91", "failed"],
    ["is sent without a receipt", "92", "sent"],
  ])(
    "the sandbox's message that %s has every field of the definition in every status",
    async (_name, ending, last) => {
      const before = recorder.exchanges.length;
      const service = ending === "00" ? `MG${"0".repeat(32)}` : null;
      const to = `+47900000${ending}` as Msisdn;
      const sent = await sms.send(accountWith(service), text({ to, statusUrl: null }));
      const sid = sent.kind === "accepted" ? sent.providerId : "";
      await until(
        async () => fieldsOf({ message: await ask(`/Messages/${sid}.json`) }, "message").status === last,
      );
      const exchanges = recorder.exchanges.slice(before);
      const fields = Object.keys(fieldsOf(messageSchema(), "properties")).sort();
      for (const exchange of exchanges) {
        expect(faultsOf(exchange)).toEqual([]);
        expect(Object.keys(JSON.parse(exchange.answer) as object).sort()).toEqual(fields);
      }
      const statuses = exchanges.map(
        ({ answer }) => fieldsOf({ message: JSON.parse(answer) }, "message").status,
      );
      expect(new Set(statuses).size).toBeGreaterThan(1);
    },
  );

  it("the sandbox's lists are the definition's, page after page, and our look-up asks with its parameters", async () => {
    const before = recorder.exchanges.length;
    const outbound = text({ body: `Look me up: ${crypto.randomUUID()}` });
    const since = new Date();
    const sent = await sms.send(accountWith(null), outbound);
    const wanted = { to: outbound.to, body: outbound.body, since, excludedIds: [] };
    const found = await sms.find(accountWith(null), wanted);
    expect(found).toEqual({ kind: "found", providerId: sent.kind === "accepted" ? sent.providerId : "" });
    let next: unknown = `/Messages.json?PageSize=2`;
    for (let pages = 0; typeof next === "string"; pages += 1) {
      const page = await ask(next.replace(/^.*(?=\/Messages\.json)/, ""));
      expect(pages === 0 ? listOf(page, "messages").length : 2).toBe(2);
      next = fieldsOf({ page }, "page").next_page_uri;
    }
    const lists = recorder.exchanges.slice(before).filter(({ method }) => method === "GET");
    expect(lists.length).toBeGreaterThan(3);
    const listed = fieldsOf(
      definition.answerSchema(definition.operation("GET", lists[0]?.path ?? ""), 200),
      "properties",
    );
    for (const exchange of lists) {
      expect(faultsOf(exchange)).toEqual([]);
      expect(Object.keys(JSON.parse(exchange.answer) as object).sort()).toEqual(Object.keys(listed).sort());
    }
  });

  it("our reader of reports knows every status that the definition gives to a message we sent", () => {
    const statuses = listOf(fieldsOf(schemas(), "message_enum_status"), "enum").map(String);
    const isRead = (status: string) => (readReport(status)?.status ?? "other") !== "other";
    expect(statuses.filter((status) => !RECEIVED_ONLY.has(status) && !isRead(status))).toEqual([]);
    expect(isRead("something new")).toBe(false);
  });
});

const schemas = () => fieldsOf(fieldsOf(document, "components"), "schemas");
const messageSchema = () => fieldsOf(schemas(), "api.v2010.account.message");

/** Has our sender verify a report, signed as Twilio does. */
function readReport(status: string) {
  const url = "https://pay.example/reports/1";
  const form = { MessageSid: `SM${"0".repeat(32)}`, MessageStatus: status };
  const signed = `${url}MessageSid${form.MessageSid}MessageStatus${status}`;
  const signature = createHmac("sha1", credentials.auth_token).update(signed).digest("base64");
  return sms.verify(accountWith(null), {
    url,
    headers: new Map([["x-twilio-signature", signature]]),
    body: Buffer.from(new URLSearchParams(form).toString()),
    receivedAt: new Date(),
  });
}
