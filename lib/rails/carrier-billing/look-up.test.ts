import { describe, expect, it } from "vitest";
import type { OpenRailAccount, RailAttempt } from "#lib/domain/ports/rail.ts";
import type { CarrierAnswer, CarrierClient } from "./client.ts";
import { findByCorrelator } from "./look-up.ts";

const account = {} as OpenRailAccount;
const attempt = { railKey: "ours", paymentId: "pay_1", submittedAt: new Date() } as unknown as RailAttempt;

const record = (clientCorrelator: string) => ({
  paymentId: `p-${clientCorrelator}`,
  paymentStatus: "succeeded",
  paymentCreationDate: new Date().toISOString(),
  amountTransaction: {
    clientCorrelator,
    referenceCode: "pay_1",
    paymentAmount: { chargingInformation: { amount: 249, currency: "NOK" } },
  },
});
const others = (count: number) => Array.from({ length: count }, (_, index) => record(`other-${index}`));

/** A carrier with these records, of which it gives at most `perPage` at once whatever it is asked for. */
function carrier(records: readonly unknown[], perPage: number, headers: Record<string, string> = {}) {
  const asked: string[] = [];
  const call: CarrierClient = async (_account, request): Promise<CarrierAnswer> => {
    asked.push(request.path);
    const page = Number(new URLSearchParams(request.path.split("?")[1]).get("page"));
    const body = records.slice((page - 1) * perPage, page * perPage);
    return { kind: "ok", body, headers: new Headers(headers) };
  };
  return { call, asked };
}

describe("the look-up of a lost request", () => {
  it("reads on where the carrier gives fewer rows than it was asked for", async () => {
    const { call } = carrier([...others(25), record("ours")], 10);
    expect(await findByCorrelator(call, account, attempt)).toMatchObject({
      kind: "found",
      payment: { paymentId: "p-ours" },
    });
  });

  it("says that there is none only after every page of the widest window", async () => {
    const { call, asked } = carrier(others(25), 10);
    expect(await findByCorrelator(call, account, attempt)).toEqual({ kind: "not_found" });
    expect(asked).toHaveLength(8);
  });

  it("believes the carrier's own count of its rows", async () => {
    const { call, asked } = carrier(others(3), 10, { "x-total-count": "3" });
    expect(await findByCorrelator(call, account, attempt)).toEqual({ kind: "not_found" });
    expect(asked).toHaveLength(2);
  });

  it("ends where a carrier knows no pages, or refuses the one behind the last", async () => {
    const asked: number[] = [];
    const deaf: CarrierClient = async () => {
      asked.push(1);
      return { kind: "ok", body: others(3), headers: new Headers() };
    };
    expect(await findByCorrelator(deaf, account, attempt)).toEqual({ kind: "not_found" });
    expect(asked).toHaveLength(4);
    const strict: CarrierClient = async (_account, { path }) =>
      path.includes("page=1&")
        ? { kind: "ok", body: others(3), headers: new Headers() }
        : { kind: "refused", status: 400, code: "OUT_OF_RANGE" };
    expect(await findByCorrelator(strict, account, attempt)).toEqual({ kind: "not_found" });
  });

  it("finds ours beside a record that cannot be read, and does not say that there is none without it", async () => {
    expect(
      await findByCorrelator(carrier([{ odd: true }, record("ours")], 10).call, account, attempt),
    ).toMatchObject({ kind: "found" });
    expect(await findByCorrelator(carrier([{ odd: true }], 10).call, account, attempt)).toMatchObject({
      kind: "unknown",
    });
  });

  it("does not know where the carrier does not answer", async () => {
    const call: CarrierClient = async () => ({ kind: "unclear", reason: "HTTP 503" });
    expect(await findByCorrelator(call, account, attempt)).toMatchObject({ kind: "unknown" });
  });
});
