// CAMARA Carrier Billing Refund 0.3 on the wire, as far as we speak it.
// Source: camaraproject/CarrierBillingCheckOut, release r3.2, carrier-billing-refund.yaml; Commonalities 0.6.

import { z } from "zod";

export const camaraRefundSchema = z.object({
  refundId: z.string().min(1).max(255),
  refundStatus: z.enum(["processing", "denied", "succeeded"]),
  type: z.enum(["total", "partial"]),
  amountTransaction: z.object({
    clientCorrelator: z.string().optional(),
    referenceCode: z.string(),
    refundAmount: z
      .object({ chargingInformation: z.object({ amount: z.number(), currency: z.string() }).optional() })
      .default({}),
  }),
});
export type CamaraRefund = z.infer<typeof camaraRefundSchema>;

/** What is stored of a request; the sink is put in for the call only. A total refund names no amount. */
export const refundTermsSchema = z.object({
  partial: z.object({ amount: z.string(), currency: z.string(), description: z.string() }).nullable(),
  reason: z.string().nullable(),
  merchantIdentifier: z.string(),
  referenceCode: z.string(),
});
export type CamaraRefundTerms = z.infer<typeof refundTermsSchema>;

export interface CreateRefundCall {
  readonly clientCorrelator: string;
  readonly sink: string;
  readonly sinkToken: string;
  /** UTC. */
  readonly sinkTokenExpiresAt: Date;
}

/** The body of `POST /payments/{paymentId}/refunds`. */
export function renderCreateRefund(terms: CamaraRefundTerms, call: CreateRefundCall) {
  const { partial, reason, merchantIdentifier, referenceCode } = terms;
  return {
    type: partial === null ? "total" : "partial",
    ...(reason === null ? {} : { reason }),
    amountTransaction: {
      clientCorrelator: call.clientCorrelator,
      referenceCode,
      refundAmount: {
        ...(partial === null
          ? {}
          : {
              // Decimal text with at most three decimals and eight digits: exact as a JSON number.
              chargingInformation: {
                amount: Number(partial.amount),
                currency: partial.currency,
                description: partial.description,
                isTaxIncluded: true,
              },
            }),
        chargingMetaData: { merchantIdentifier },
      },
    },
    sink: call.sink,
    sinkCredential: {
      credentialType: "ACCESSTOKEN",
      accessToken: call.sinkToken,
      accessTokenType: "bearer",
      accessTokenExpiresUtc: call.sinkTokenExpiresAt.toISOString(),
    },
  };
}
