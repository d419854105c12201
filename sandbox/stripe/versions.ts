// The API version of a request decides which parameters exist. Only the changes that touch what the sandbox
// plays are kept here.
import { header, type Request } from "../http/message.ts";
import { refused } from "./errors.ts";

/** Used for requests that name no version, and for events. */
export const defaultVersion = "2026-10-28.endive";

export type VersionTraits = {
  version: string;
  /** `ui_mode` is called `hosted_page` since 2026-03-25.dahlia, `hosted` before. */
  hostedMode: "hosted_page" | "hosted";
  /**
   * 2026-09-30.endive took `payment_method_types` off the creation of sessions; `allowed_payment_method_types`
   * stands in its place. Session objects still carry `payment_method_types`.
   */
  methodTypesParameter: "allowed_payment_method_types" | "payment_method_types";
};

/** Traits of the version that the request names. */
export function versionOf(request: Request): VersionTraits {
  const version = header(request, "stripe-version") ?? defaultVersion;
  if (!/^20\d\d-\d\d-\d\d(\.[a-z]+)?$/.test(version)) {
    throw refused(400, { message: `Invalid Stripe API version: ${version}` });
  }
  const date = version.slice(0, 10);
  return {
    version,
    hostedMode: date >= "2026-03-25" ? "hosted_page" : "hosted",
    methodTypesParameter: date >= "2026-09-30" ? "allowed_payment_method_types" : "payment_method_types",
  };
}
