// The check that every answer in the tests goes through finds what is not described.

import { describe, expect, it } from "vitest";
import { apiDescription } from "#lib/doors/native/openapi/document.ts";
import { type ApiDocument, Description, type SeenAnswer } from "../description.ts";

const description = new Description(JSON.parse(JSON.stringify(apiDescription())) as ApiDocument);
const ID = "0123456789abcdefghijkl";

const sms = {
  id: `sms_${ID}`,
  object: "sms",
  kind: "invoice",
  state: "queued",
  sender: null,
  encoding: "gsm7",
  segments: 1,
  send_at: "2027-01-01T00:00:00.000Z",
  provider_id: null,
  provider_code: null,
};
const problem = {
  type: "urn:billtext:error:invoice_not_found",
  title: "Not found",
  status: 404,
  detail: "There is no such invoice.",
  code: "invoice_not_found",
  errors: [],
  request_id: "req_1",
};

const answer = (change: Partial<SeenAnswer> & { readonly json?: unknown } = {}): SeenAnswer => {
  const { json = sms, ...rest } = change;
  return {
    method: "POST",
    path: `/invoices/inv_${ID}/send`,
    status: 202,
    contentType: "application/json",
    requestId: "req_1",
    text: JSON.stringify(json),
    ...rest,
  };
};
const refusal = (json: object, change: Partial<SeenAnswer> = {}) =>
  answer({ status: 404, contentType: "application/problem+json", json, ...change });

describe("the check of answers", () => {
  it("lets through what is described", () => {
    expect(description.check(answer())).toBe("sendInvoice 202");
    expect(description.check(refusal(problem))).toBe("sendInvoice 404");
    expect(description.check(answer({ path: `/invoices/inv_${ID}/send/?x=1` }))).toBe("sendInvoice 202");
  });

  it.each([
    ["a status that is not described", answer({ status: 200 })],
    ["a field that is not described", answer({ json: { ...sms, text: "Hi" } })],
    ["a field that is missing", answer({ json: { ...sms, sender: undefined } })],
    ["a field of another type", answer({ json: { ...sms, segments: "1" } })],
    ["a word that is not in the list", answer({ json: { ...sms, state: "lost" } })],
    ["another noun's id", answer({ json: { ...sms, id: `inv_${ID}` } })],
    ["a time without its zone", answer({ json: { ...sms, send_at: "2027-01-01T00:00:00.000" } })],
    ["no JSON", answer({ text: "<html>" })],
    ["another content type", answer({ contentType: "text/html; charset=utf-8" })],
    ["no request id", answer({ requestId: null })],
    ["a refusal that is no problem", refusal(problem, { contentType: "application/json" })],
    ["a code that the operation does not name", refusal({ ...problem, code: "payment_not_found" })],
    ["a problem of another status", refusal({ ...problem, status: 409 })],
    ["a success of an address that there is not", answer({ path: "/nothing" })],
    ["a success of a method that there is not", answer({ method: "DELETE" })],
  ])("finds %s", (_name, wrong) => {
    expect(() => description.check(wrong)).toThrow();
  });

  it("finds a callback that is not described", () => {
    const event = {
      id: `evt_${ID}`,
      object: "event",
      type: "invoice.created",
      sequence: 1,
      mode: "test",
      data: {},
    };
    expect(() => description.checkCallback(event)).toThrow("not described");
    expect(() => description.checkCallback({ ...event, type: "invoice.paid" })).toThrow("not as described");
  });
});
