// Parameters of `POST /v1/checkout/sessions`: https://docs.stripe.com/api/checkout/sessions/create
import { ParameterError } from "./errors.ts";
import { nowSeconds } from "./ids.ts";
import {
  choice,
  flag,
  hash,
  integer,
  list,
  metadata,
  optional,
  type Parser,
  text,
  unknownParameter,
  unplayed,
  url,
} from "./parameters.ts";
import type { VersionTraits } from "./versions.ts";

const locales =
  "auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hi-IN hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW".split(
    " ",
  );

const minute = 60;
const day = 24 * 60 * minute;

const expiresAt: Parser<number> = (raw, param) => {
  const value = integer(0)(raw, param);
  const distance = value - nowSeconds();
  if (distance < 30 * minute) {
    throw new ParameterError(
      param,
      "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
    );
  }
  if (distance >= day) {
    throw new ParameterError(
      param,
      "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
    );
  }
  return value;
};

const email: Parser<string> = (raw, param) => {
  const value = text(800)(raw, param);
  if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value)) {
    throw new ParameterError(param, `Invalid email address: ${value}`, "email_invalid");
  }
  return value;
};

const descriptorSuffix: Parser<string> = (raw, param) => {
  const value = text()(raw, param);
  if (value.length > 22 || /[<>\\'"*]/.test(value) || !/[A-Za-z]/.test(value)) {
    const message = `Invalid ${param}: at most 22 characters, at least one letter, and none of < > \\ ' " *`;
    throw new ParameterError(param, message);
  }
  return value;
};

const mode: Parser<"payment"> = (raw, param) => {
  const value = choice(["payment", "setup", "subscription"])(raw, param);
  if (value !== "payment") {
    throw new ParameterError(param, `The sandbox does not play mode ${value}.`, "sandbox_unsupported");
  }
  return value;
};

/** The card page is the only one that the sandbox can show. */
const methodType: Parser<"card"> = (raw, param) => {
  const value = text()(raw, param);
  if (value !== "card") {
    throw new ParameterError(param, `The sandbox plays card only, not ${value}.`, "sandbox_unsupported");
  }
  return value;
};

const methodTypes = optional(list(methodType, 1));

/** A name that the version does not know. */
const nameless: Parser<undefined> = (raw, param) => {
  if (raw !== undefined) {
    throw unknownParameter([param]);
  }
};

/** There are no stored prices, so every id is one that does not exist. */
const price: Parser<undefined> = (raw, param) => {
  if (raw !== undefined) {
    throw new ParameterError(param, `No such price: '${String(raw)}'`, "resource_missing");
  }
};

const lineItem = hash({
  adjustable_quantity: unplayed,
  dynamic_tax_rates: unplayed,
  metadata,
  price,
  price_data: hash({
    currency: text(),
    product: unplayed,
    product_data: hash({
      description: optional(text()),
      images: optional(list(url)),
      metadata,
      name: text(),
      tax_code: unplayed,
      tax_details: unplayed,
      unit_label: optional(text()),
    }),
    recurring: unplayed,
    tax_behavior: optional(choice(["exclusive", "inclusive", "unspecified"])),
    unit_amount: integer(0, 99_999_999),
    unit_amount_decimal: unplayed,
  }),
  quantity: integer(1, 999_999),
  tax_rates: unplayed,
});

const paymentIntentData = hash({
  application_fee_amount: unplayed,
  capture_method: optional(choice(["automatic", "automatic_async", "manual"])),
  description: optional(text(1_000)),
  metadata,
  on_behalf_of: unplayed,
  receipt_email: optional(email),
  setup_future_usage: unplayed,
  shipping: unplayed,
  statement_descriptor: unplayed,
  statement_descriptor_suffix: optional(descriptorSuffix),
  transfer_data: unplayed,
  transfer_group: unplayed,
});

/** Prices stay in the currency that was asked for; only saying so is played. */
const adaptivePricing: Parser<undefined> = (raw, param) => {
  const { enabled } = hash({ enabled: optional(flag) })(raw, param);
  if (enabled === true) {
    throw new ParameterError(param, "The sandbox does not play adaptive pricing.", "sandbox_unsupported");
  }
};

/** Known to Stripe, not played here. */
const unplayedNames = [
  "after_expiration",
  "allow_promotion_codes",
  "automatic_tax",
  "billing_address_collection",
  "branding_settings",
  "consent_collection",
  "currency",
  "custom_fields",
  "custom_text",
  "customer",
  "customer_account",
  "customer_creation",
  "customer_update",
  "discounts",
  "excluded_payment_method_types",
  "integration_identifier",
  "invoice_creation",
  "managed_payments",
  "name_collection",
  "optional_items",
  "origin_context",
  "payment_method_collection",
  "payment_method_configuration",
  "payment_method_data",
  "payment_method_options",
  "permissions",
  "phone_number_collection",
  "redirect_on_completion",
  "return_url",
  "saved_payment_method_options",
  "setup_intent_data",
  "shipping_address_collection",
  "shipping_options",
  "subscription_data",
  "tax_id_collection",
  "wallet_options",
];

/** The parser for a request of this API version. */
export function sessionParameters(version: VersionTraits) {
  return hash({
    ...Object.fromEntries(unplayedNames.map((name) => [name, unplayed])),
    adaptive_pricing: adaptivePricing,
    cancel_url: optional(url),
    client_reference_id: optional(text(200)),
    customer_email: optional(email),
    expand: optional(list(text())),
    expires_at: optional(expiresAt),
    line_items: list(lineItem, 1),
    locale: optional(choice(locales)),
    metadata,
    mode,
    payment_intent_data: optional(paymentIntentData),
    submit_type: optional(choice(["auto", "book", "donate", "pay"])),
    success_url: url,
    ui_mode: optional(choice([version.hostedMode])),
    // Which of the two names exists depends on the version.
    allowed_payment_method_types:
      version.methodTypesParameter === "allowed_payment_method_types" ? methodTypes : nameless,
    payment_method_types: version.methodTypesParameter === "payment_method_types" ? methodTypes : nameless,
  });
}
