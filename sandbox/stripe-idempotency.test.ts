import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunningSandbox } from "./start.ts";
import {
  type Credentials,
  getJson,
  makeAccount,
  payWithCard,
  postJson,
  sessionOf249,
  startTestSandbox,
  stripeClient,
  stripeFailure,
  until,
} from "./test-harness.ts";

let sandbox: RunningSandbox;
let account: Credentials;
let stripe: Stripe;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  account = await makeAccount(sandbox, "shop");
  stripe = stripeClient(sandbox, account.stripe.secret_key);
});

afterAll(() => sandbox.close());

describe("idempotency keys", () => {
  test("the same request gets the stored answer again and makes nothing new", async () => {
    const idempotencyKey = "key-same";
    const first = await stripe.checkout.sessions.create(sessionOf249, { idempotencyKey });
    const second = await stripe.checkout.sessions.create(sessionOf249, { idempotencyKey });
    expect(second.id).toBe(first.id);
    expect(second.lastResponse.headers["idempotent-replayed"]).toBe("true");
    expect(first.lastResponse.headers["idempotent-replayed"]).toBeUndefined();
  });

  test("other parameters or another endpoint under the same key are refused", async () => {
    const idempotencyKey = "key-other";
    const made = await stripe.checkout.sessions.create(sessionOf249, { idempotencyKey });
    const otherParameters = { ...sessionOf249, client_reference_id: "other" };
    const error = await stripeFailure(stripe.checkout.sessions.create(otherParameters, { idempotencyKey }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    expect(error.statusCode).toBe(400);
    const elsewhere = await stripeFailure(stripe.checkout.sessions.expire(made.id, {}, { idempotencyKey }));
    expect(elsewhere.message).toContain("same endpoint");
  });

  test("refused parameters do not use the key up", async () => {
    const idempotencyKey = "key-refused";
    await stripeFailure(
      stripe.checkout.sessions.create({ ...sessionOf249, locale: "tlh" }, { idempotencyKey }),
    );
    const made = await stripe.checkout.sessions.create(sessionOf249, { idempotencyKey });
    expect(made.status).toBe("open");
  });

  test("a refusal that came out of executing the request is stored", async () => {
    const made = await stripe.checkout.sessions.create(sessionOf249);
    await payWithCard(sandbox, made.id, "4242424242424242");
    const options = { idempotencyKey: `expire-late-${made.id}` };
    await stripeFailure(stripe.checkout.sessions.expire(made.id, {}, options));
    const again = await stripeFailure(stripe.checkout.sessions.expire(made.id, {}, options));
    expect(again.headers?.["idempotent-replayed"]).toBe("true");
  });

  test("a twin of a request that is still running gets 409", async () => {
    await postJson(sandbox, "/faults", {
      service: "stripe",
      fault: "delay",
      when: "after",
      ms: 300,
      times: 1,
    });
    const idempotencyKey = "key-twin";
    const first = stripe.checkout.sessions.create(sessionOf249, { idempotencyKey });
    const log = `/requests?service=stripe&account=${account.name}`;
    await until(async () => JSON.stringify(await getJson(sandbox, log)).includes(idempotencyKey));
    const error = await stripeFailure(stripe.checkout.sessions.create(sessionOf249, { idempotencyKey }));
    expect(error).toMatchObject({ statusCode: 409, code: "idempotency_key_in_use" });
    const made = await first;
    expect((await stripe.checkout.sessions.create(sessionOf249, { idempotencyKey })).id).toBe(made.id);
  });
});
