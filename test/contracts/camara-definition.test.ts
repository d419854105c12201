// Our reading of the carrier's definition, held against the definition's own examples.

import { beforeAll, expect, it } from "vitest";
import {
  CAMARA_STATUSES,
  camaraErrorSchema,
  camaraNotificationSchema,
  camaraPaymentSchema,
} from "#lib/wire/camara.ts";
import { CARRIER_BILLING, CARRIER_FILES } from "./camara.ts";
import { type Definition, openDefinition } from "./definition.ts";
import { readDefinition } from "./folder.ts";
import { type Fields, fieldsOf, listOf } from "./json.ts";
import { examplesOf, sampleOf } from "./samples.ts";
import { describeContract } from "./suite.ts";

let document: Fields;
let definition: Definition;
let components: Fields;

describeContract("CAMARA Carrier Billing, as we read it", CARRIER_FILES, () => {
  beforeAll(() => {
    document = readDefinition(CARRIER_BILLING);
    definition = openDefinition(document);
    components = fieldsOf(document, "components");
  });

  it("the definition's own examples satisfy its schemas as these tests run them", () => {
    const examples = examplesOf(document);
    expect(examples.length).toBeGreaterThan(30);
    for (const { name, schema, value } of examples) {
      expect({ name, faults: definition.faults(schema, value) }).toEqual({ name, faults: [] });
    }
  });

  it("an unknown field, a wrong type and an amount of four decimals are faults", () => {
    const schema = { $ref: "#/components/schemas/CreatePayment" };
    const sample = sampleOf(definition, schema, false) as Fields;
    expect(definition.faults(schema, sample)).toEqual([]);
    expect(definition.faults(schema, { ...sample, sinkCredentials: {} })).not.toEqual([]);
    expect(definition.faults(schema, { ...sample, sink: 1 })).not.toEqual([]);
    expect(definition.faults(schema, { ...sample, sink: "http://shop.example" })).not.toEqual([]);
    const charge = { $ref: "#/components/schemas/ChargingInformation" };
    const amount = (value: number) =>
      definition.faults(charge, { amount: value, currency: "NOK", description: "A" });
    for (const good of [0.001, 0.1, 4.35, 19.99, 249.995, 999_999.99]) expect(amount(good)).toEqual([]);
    for (const bad of [0, 0.0001, 1.0001]) expect(amount(bad)).not.toEqual([]);
  });

  it("a credential is held to the schema that its type picks", () => {
    const schema = fieldsOf(fieldsOf(fieldsOf(components, "schemas"), "CreatePayment"), "properties");
    const faults = (value: object) => definition.faults(fieldsOf(schema, "sinkCredential"), value);
    const good = {
      credentialType: "ACCESSTOKEN",
      accessToken: "token",
      accessTokenExpiresUtc: "2099-01-01T00:00:00Z",
      accessTokenType: "bearer",
    };
    expect(faults(good)).toEqual([]);
    expect(faults({ ...good, accessTokenType: "mac" })).not.toEqual([]);
    expect(faults({ credentialType: "ACCESSTOKEN" })).not.toEqual([]);
    expect(faults({ credentialType: "PLAIN", identifier: "a", secret: "b" })).toEqual([]);
    expect(faults({ ...good, credentialType: "OTHER" })).not.toEqual([]);
  });

  it("our reader of payments takes every answer the definition allows, in each status", () => {
    const operations = ["POST /payments", "GET /payments/{paymentId}"].map((name) =>
      definition.operations().find((one) => one.name === name),
    );
    for (const operation of operations) {
      const schema =
        operation && (definition.answerSchema(operation, 201) ?? definition.answerSchema(operation, 200));
      for (const isFull of [true, false]) {
        for (const paymentStatus of CAMARA_STATUSES) {
          const sample = { ...(sampleOf(definition, schema, isFull) as Fields), paymentStatus };
          expect(definition.faults(schema ?? {}, sample)).toEqual([]);
          expect(camaraPaymentSchema.safeParse(sample)).toMatchObject({
            success: true,
            data: { paymentStatus },
          });
        }
      }
    }
  });

  it("we know exactly the payment statuses that the definition knows", () => {
    const filter = fieldsOf(fieldsOf(components, "parameters"), "PaymentStatus");
    const known = listOf(fieldsOf(fieldsOf(filter, "schema"), "items"), "enum");
    expect([...known].sort()).toEqual([...CAMARA_STATUSES].sort());
  });

  it("our reader of errors takes every error example with its code", () => {
    const errors = examplesOf(fieldsOf(components, "responses"));
    expect(errors.length).toBeGreaterThan(20);
    for (const { value } of errors) {
      const { status, code, message } = value as Fields;
      expect(camaraErrorSchema.parse(value)).toEqual({ status, code, message });
    }
  });

  it("our reader of notifications takes every event that the definition names", () => {
    const schemas = fieldsOf(components, "schemas");
    const types = Object.entries(
      fieldsOf(fieldsOf(fieldsOf(schemas, "CloudEvent"), "discriminator"), "mapping"),
    );
    expect(types).toHaveLength(5);
    for (const [type, $ref] of types) {
      for (const isFull of [true, false]) {
        const sample = { ...(sampleOf(definition, { $ref }, isFull) as Fields), type };
        const data = sampleOf(definition, fieldsOf(ownProperties(schemas, String($ref)), "data"), isFull);
        const event = { ...sample, data };
        expect(definition.faults({ $ref: "#/components/schemas/CloudEvent" }, event)).toEqual([]);
        expect(camaraNotificationSchema.safeParse(event).success).toBe(true);
      }
    }
  });
});

/** What an event adds to a CloudEvent. */
function ownProperties(schemas: Fields, $ref: string): Fields {
  const event = fieldsOf(schemas, $ref.replace(/^.*\//, ""));
  return fieldsOf(listOf(event, "allOf")[1], "properties");
}
