// Every refusal's body.

import { z } from "zod";
import { ERROR_CODES } from "#lib/domain/errors.ts";
import { TRANSPORT_CODES } from "../../door.ts";
import { FAULT_CODES } from "../../faults.ts";

const fault = z
  .strictObject({
    pointer: z.string(),
    code: z.enum([...FAULT_CODES, ...ERROR_CODES]),
    message: z.string(),
  })
  .meta({ id: "Fault", description: "What is wrong with one field." });

export const problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    code: z.enum([...ERROR_CODES, ...TRANSPORT_CODES]),
    errors: z.array(fault),
    request_id: z.string(),
  })
  .meta({ id: "Problem", description: "A refusal (RFC 9457). Build on `code`; `detail` is for people." });
