// Small forms, read within bounds.

import { ServiceError } from "#lib/domain/errors.ts";
import { readBody } from "#lib/http/body.ts";

const FORM_BYTES_MAX = 8 * 1024;

/**
 * The fields of a posted form.
 *
 * @throws invalid_request    not a form
 * @throws BodyTooLargeError  larger than any of ours
 */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded\b/i.test(type)) {
    throw new ServiceError("invalid_request", "This address takes a form.");
  }
  const bytes = await readBody(request, FORM_BYTES_MAX);
  return new URLSearchParams(Buffer.from(bytes).toString("utf8"));
}
