// What the sandbox's carrier answers, held against the definition: bodies, headers, statuses, codes.

import { afterAll, beforeAll, expect, it } from "vitest";
import { camaraPaymentListSchema, camaraPaymentSchema } from "#lib/wire/camara.ts";
import {
  account,
  approve,
  decline,
  freshNumber,
  holdMs,
  order,
  sandbox,
  startCarrier,
  stopCarrier,
} from "../../sandbox/test-carrier.ts";
import { getJson, until } from "../../sandbox/test-harness.ts";
import { CARRIER_FILES, type Carrier, HTTPS_SINK, openCarrier } from "./camara.ts";
import { fieldsOf, listOf } from "./json.ts";
import { describeContract } from "./suite.ts";

let carrier: Carrier;

const sink = { sink: HTTPS_SINK };
const paid = () => order(freshNumber("12"), 249, sink);
const idOf = (body: unknown) => camaraPaymentSchema.parse(body).paymentId;

describeContract("the sandbox's carrier answers as the definition says", CARRIER_FILES, () => {
  beforeAll(async () => {
    carrier = openCarrier();
    await startCarrier();
  });
  afterAll(stopCarrier);

  it("a charge that is made at once, and one that waits for its subscriber", async () => {
    const now = await carrier.asked("", paid());
    expect(now).toMatchObject({ status: 201, body: { paymentStatus: "succeeded" } });
    const number = freshNumber();
    const later = await carrier.asked("", order(number, 249, sink));
    expect(later).toMatchObject({ status: 201, body: { paymentStatus: "processing" } });
    await approve(number);
    const id = idOf(later.body);
    expect(await carrier.asked(`/${id}`)).toMatchObject({
      status: 200,
      body: { paymentStatus: "succeeded" },
    });
  });

  it("a charge that is held until its subscriber answers, or for too long", async () => {
    const number = freshNumber("11");
    const held = carrier.asked("", order(number, 249, sink));
    await until(async () => (await approve(number)).status === 200, holdMs);
    expect(await held).toMatchObject({ status: 201, body: { paymentStatus: "succeeded" } });
    const unanswered = await carrier.asked("", order(freshNumber("11"), 249, sink));
    expect(unanswered).toMatchObject({ status: 201, body: { paymentStatus: "processing" } });
  });

  it("a denied charge is read as denied", async () => {
    const number = freshNumber();
    const made = await carrier.asked("", order(number, 249, sink));
    await decline(number);
    expect((await carrier.asked(`/${idOf(made.body)}`)).body).toMatchObject({ paymentStatus: "denied" });
  });

  it("everything that a request may hold comes back in the definition's shape", async () => {
    const body = paid();
    const item = {
      amount: 249,
      currency: "NOK",
      description: "Tickets",
      isTaxIncluded: true,
      taxAmount: 49.8,
    };
    const full = {
      ...body,
      amountTransaction: {
        ...body.amountTransaction,
        paymentAmount: {
          chargingInformation: item,
          chargingMetaData: {
            merchantName: "Fjord Books",
            merchantIdentifier: "fjord",
            fee: 2.5,
            purchaseCategoryCode: "games",
            channel: "SMS",
            serviceId: "gala",
            productId: "2",
          },
          paymentDetails: [{ id: "1", ...item }],
        },
      },
    };
    const operation = carrier.definition.operation("POST", "/payments");
    expect(carrier.definition.faults(carrier.definition.requestSchema(operation) ?? {}, full)).toEqual([]);
    const made = await carrier.asked("", full);
    const answered = fieldsOf(fieldsOf(made.body, "amountTransaction"), "paymentAmount");
    expect(answered).toEqual(full.amountTransaction.paymentAmount);
    await carrier.asked("", { amountTransaction: paid().amountTransaction });
  });

  it("lists, with both of the definition's counters", async () => {
    const page = await carrier.asked("?perPage=2&paymentStatus=succeeded&paymentStatus=processing&order=asc");
    expect(camaraPaymentListSchema.parse(page.body)).toHaveLength(2);
    expect(page.headers.get("content-last-key")).toBe("2");
    expect(Number(page.headers.get("x-total-count"))).toBeGreaterThan(2);
    expect((await carrier.asked("?merchantIdentifier=nobody")).body).toEqual([]);
  });

  it("a location that is the resource's own address", async () => {
    const made = await carrier.asked("", paid());
    const { resourceURL } = fieldsOf(made.body, "amountTransaction");
    expect(made.headers.get("location")).toBe(resourceURL);
    expect(resourceURL).toBe(`${account.carrier.base_url}/carrier-billing/v0.5/payments/${idOf(made.body)}`);
  });

  it.each([
    ["at once", "00", "reserved"],
    ["with a code", "31", "pending_validation"],
    ["with a link", "32", "pending_validation"],
    ["later", "33", "processing"],
  ])("a reservation that is made %s", async (_name, ending, paymentStatus) => {
    const made = await carrier.asked("/prepare", order(freshNumber(ending), 249, sink));
    expect(made).toMatchObject({ status: 201, body: { paymentStatus } });
    expect("validationInfo" in (made.body as object)).toBe(paymentStatus === "pending_validation");
    await carrier.asked(`/${idOf(made.body)}`);
  });

  it("a reservation that is validated and confirmed, and one that is cancelled", async () => {
    const phoneNumber = freshNumber("31");
    const made = await carrier.asked("/prepare", order(phoneNumber, 249, sink));
    const id = idOf(made.body);
    const { authorizationId } = fieldsOf(made.body, "validationInfo");
    const on = await getJson(sandbox, `/phones/${phoneNumber}/messages`);
    const code = /\d{6}/.exec(String(fieldsOf({ text: listOf(on, "messages").at(-1) }, "text").body))?.[0];
    expect((await carrier.asked(`/${id}/validate`, { authorizationId, code })).status).toBe(204);
    expect((await carrier.asked(`/${id}/confirm`, { phoneNumber })).status).toBe(202);
    const plain = freshNumber();
    const other = await carrier.asked("/prepare", order(plain, 249, sink));
    expect((await carrier.asked(`/${idOf(other.body)}/cancel`, { phoneNumber: plain })).status).toBe(202);
  });

  it("with the one liberty that it takes: a sink on this machine may be plain http", async () => {
    const operation = carrier.definition.operation("POST", "/payments");
    const schema = carrier.definition.requestSchema(operation) ?? {};
    const local = order(freshNumber("12"));
    expect(carrier.definition.faults(schema, local).map((fault) => fault.slice(0, 5))).toEqual(["/sink"]);
    expect(await carrier.asked("", { ...local, sink: "http://shop.example/sink" })).toMatchObject({
      status: 400,
      body: { code: "INVALID_SINK" },
    });
  });
});
