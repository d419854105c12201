// The sandbox's own addresses for tests: one object, one action. Rails have nothing like them.

import type { PaymentMethod } from "#lib/domain/payment.ts";
import type { SimulationOutcome, SimulatorPort } from "#lib/domain/ports/simulator.ts";

export interface SandboxControlOptions {
  /** The sandbox's address; no trailing slash. */
  readonly baseUrl: string;
  readonly timeoutMs: number;
}

type Service = "stripe" | "carrier";

/** Who impersonates which rail; null where nobody does. */
const SERVICES: { readonly [M in PaymentMethod]: Service | null } = {
  card: "stripe",
  carrier_billing: "carrier",
  mobile_money: null,
};

const PAYMENT_PATHS: { readonly [S in Service]: string } = {
  stripe: "/stripe/sessions",
  carrier: "/carrier/payments",
};

const UNSUPPORTED: SimulationOutcome = { kind: "unsupported" };

export function createSandboxControl({ baseUrl, timeoutMs }: SandboxControlOptions): SimulatorPort {
  async function act(path: string, body: object): Promise<SimulationOutcome> {
    try {
      const response = await fetch(`${baseUrl}/control/simulate${path}`, {
        method: "POST",
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMs),
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      await response.body?.cancel();
      if (response.ok) return { kind: "done" };
      if (response.status === 404) return { kind: "not_found" };
      if (response.status === 409) return { kind: "impossible" };
      return { kind: "unknown", reason: `HTTP ${response.status}` };
    } catch (error) {
      return { kind: "unknown", reason: String(error) };
    }
  }

  return {
    async actOnPayment({ method, railReference, settlementReference }, action) {
      const service = SERVICES[method];
      if (service === null) return UNSUPPORTED;
      if (action !== "dispute" && action !== "inquire") {
        return await act(`${PAYMENT_PATHS[service]}/${encodeURIComponent(railReference)}`, { action });
      }
      if (service !== "stripe") return UNSUPPORTED;
      if (settlementReference === null) return { kind: "not_found" };
      const intent = encodeURIComponent(settlementReference);
      return await act(`/stripe/payment-intents/${intent}/dispute`, { inquiry: action === "inquire" });
    },
    async actOnRefund({ method, railReference }, action) {
      const service = SERVICES[method];
      if (service === null) return UNSUPPORTED;
      return await act(`/${service}/refunds/${encodeURIComponent(railReference)}`, { action });
    },
    async actOnDispute({ method, railReference }, action) {
      if (SERVICES[method] !== "stripe") return UNSUPPORTED;
      return await act(`/stripe/disputes/${encodeURIComponent(railReference)}`, { action });
    },
    actOnSms: (providerId, action) => act(`/twilio/messages/${encodeURIComponent(providerId)}`, { action }),
  };
}
