// CAMARA Carrier Billing 0.5 on the wire, as far as we speak it.
// Source: camaraproject/CarrierBillingCheckOut, release r3.2, carrier-billing.yaml; Commonalities 0.6.

import { z } from "zod";

export const CAMARA_STATUSES = [
  "processing",
  "pending_validation",
  "denied",
  "reserved",
  "succeeded",
  "cancelled",
] as const;
export type CamaraStatus = (typeof CAMARA_STATUSES)[number];

export const accessTokenSchema = z.object({
  access_token: z.string().min(1),
  /** Seconds. */
  expires_in: z.number().positive().default(300),
});

export const camaraErrorSchema = z.object({
  status: z.number().int(),
  code: z.string(),
  message: z.string().default(""),
});

const chargingInformationSchema = z.object({
  /** Whole units of the currency, three decimals at most. */
  amount: z.number(),
  currency: z.string(),
});

/** How a subscriber is to validate; the definition has it in the answer to `prepare` alone. */
const validationInfoSchema = z.discriminatedUnion("action", [
  z.object({ action: z.literal("open"), validationURL: z.url({ protocol: /^https?$/ }).max(2_000) }),
  z.object({ action: z.literal("validate"), authorizationId: z.string().min(1).max(255) }),
]);
export type CamaraValidationInfo = z.infer<typeof validationInfoSchema>;

export const camaraPaymentSchema = z.object({
  paymentId: z.string().min(1).max(255),
  paymentStatus: z.enum(CAMARA_STATUSES),
  paymentCreationDate: z.string(),
  amountTransaction: z.object({
    clientCorrelator: z.string().optional(),
    referenceCode: z.string(),
    serverReferenceCode: z.string().max(255).optional(),
    paymentAmount: z.object({ chargingInformation: chargingInformationSchema }),
  }),
  /** One that cannot be used is as good as none: the record itself still counts. */
  validationInfo: validationInfoSchema.optional().catch(undefined),
});
export type CamaraPayment = z.infer<typeof camaraPaymentSchema>;

/** Rows are read one by one: one that cannot be read must not hide the others. */
export const camaraPaymentListSchema = z.array(z.unknown());

/** CloudEvents forbid control characters in attributes, and the database takes no NUL. */
const attribute = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^\P{Cc}+$/u);

export const camaraNotificationSchema = z.object({
  id: attribute(255),
  source: attribute(512),
  type: attribute(255),
  specversion: z.literal("1.0"),
  data: z.object({ paymentId: attribute(255), refundId: attribute(255).optional() }),
});

/** What is stored of a request to charge, or to reserve; the phone number and the sink are put in for the call only. */
export const createPaymentTermsSchema = z.object({
  amount: z.string(),
  currency: z.string(),
  description: z.string(),
  merchantName: z.string(),
  merchantIdentifier: z.string(),
  purchaseCategoryCode: z.string().optional(),
  referenceCode: z.string(),
  steps: z.enum(["one", "two"]).default("one"),
});
export type CreatePaymentTerms = z.infer<typeof createPaymentTermsSchema>;

export interface CreatePaymentCall {
  readonly phoneNumber: string;
  readonly clientCorrelator: string;
  readonly sink: string;
  readonly sinkToken: string;
  /** UTC. */
  readonly sinkTokenExpiresAt: Date;
}

/** The body of `POST /payments` and of `POST /payments/prepare`: the invoice's amount with tax. */
export function renderCreatePayment(terms: CreatePaymentTerms, call: CreatePaymentCall) {
  const { amount, currency, description, merchantName, merchantIdentifier, purchaseCategoryCode } = terms;
  return {
    amountTransaction: {
      phoneNumber: call.phoneNumber,
      clientCorrelator: call.clientCorrelator,
      referenceCode: terms.referenceCode,
      paymentAmount: {
        // Decimal text with at most three decimals and eight digits: exact as a JSON number.
        chargingInformation: { amount: Number(amount), currency, description, isTaxIncluded: true },
        chargingMetaData: {
          merchantName,
          merchantIdentifier,
          channel: "SMS",
          ...(purchaseCategoryCode === undefined ? {} : { purchaseCategoryCode }),
        },
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

/** The body of `POST /payments/{paymentId}/validate`. */
export function renderValidation(authorizationId: string, code: string) {
  return { authorizationId, code };
}

/** The body of `POST /payments/{paymentId}/confirm` and `…/cancel`: our tokens name no subscriber. */
export function renderPhone(phoneNumber: string) {
  return { phoneNumber };
}
