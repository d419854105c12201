// The merchant's own profile and defaults.

import type { PaymentMethod } from "#lib/domain/payment.ts";
import { getMerchant } from "#lib/services/merchants/get.ts";
import { type UpdateMerchantInput, updateMerchant } from "#lib/services/merchants/update.ts";
import { merchant } from "./answers/merchant.ts";
import { vetCallbackAddress } from "./callback-address.ts";
import { given } from "./given.ts";
import { operation } from "./operation.ts";
import { noQuery, type UpdateMerchantBody, updateMerchantBody } from "./schemas.ts";
import { renderMerchant } from "./views.ts";

export const getMerchantOperation = operation({
  query: noQuery,
  doc: {
    id: "getMerchant",
    tag: "Merchant",
    summary: "Read your profile",
    details: "Who you are to payers, and the defaults of this key's mode.",
    status: 200,
    answer: merchant,
    errors: [],
  },
  run: async ({ ctx }) => renderMerchant(await getMerchant(ctx)),
});

export const updateMerchantOperation = operation({
  body: updateMerchantBody,
  query: noQuery,
  doc: {
    id: "updateMerchant",
    tag: "Merchant",
    summary: "Change your profile",
    details:
      "What is left out stays; null clears. The profile is one for both modes; addresses, methods, SMS and policies are of this key's mode. `callback_url` needs the scope `callbacks:write` too.",
    status: 200,
    answer: merchant,
    errors: ["url_not_allowed", "url_not_registered", "method_unavailable"],
  },
  run: async ({ ctx, body }) => {
    const scopes = ["merchant:write", "callbacks:write"] as const;
    const callbackUrl =
      typeof body.callback_url === "string"
        ? await vetCallbackAddress(ctx, scopes, body.callback_url, "/callback_url")
        : body.callback_url;
    const input = toUpdateInput(body);
    return renderMerchant(
      await updateMerchant(ctx, callbackUrl === undefined ? input : { ...input, callbackUrl }),
    );
  },
});

function toUpdateInput(body: UpdateMerchantBody): UpdateMerchantInput {
  return {
    profile: given({
      name: body.name,
      legalName: body.legal_name,
      address: body.address,
      registrationNumber: body.registration_number,
      contactEmail: body.contact?.email,
      contactPhone: body.contact?.phone === undefined ? undefined : (body.contact.phone?.phone ?? null),
      contactUrl: body.contact?.url,
      timeZone: body.time_zone,
      locale: body.locale,
    }),
    settings: given({
      returnUrl: body.return_url,
      failureUrl: body.failure_url,
      cancelUrl: body.cancel_url,
      landingUrl: body.landing_url,
      registeredHosts: body.registered_hosts,
      afterPayment: body.after_payment,
      methods: body.methods as PaymentMethod[] | undefined,
      purchaseCategory: body.purchase_category,
      smsSender: body.sms?.sender,
      smsTexts: body.sms?.texts as Record<string, string> | undefined,
      onExpired: body.policies?.on_expired,
      onCancelled: body.policies?.on_cancelled,
      onSurplus: body.policies?.on_surplus,
    }),
  };
}
