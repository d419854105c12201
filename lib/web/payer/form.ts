// Small forms, read within bounds.

import { ServiceError } from "#lib/domain/errors.ts";

const FORM_BYTES_MAX = 8 * 1024;

/**
 * The fields of a posted form.
 *
 * @throws invalid_request  not a form, or larger than any of ours
 */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded\b/i.test(type)) {
    throw new ServiceError("invalid_request", "This address takes a form.");
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > FORM_BYTES_MAX) throw new ServiceError("invalid_request", "The form is too large.");
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
}
