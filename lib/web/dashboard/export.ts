// A list as a file, made while it is downloaded.

import { Readable } from "node:stream";
import { getWebRuntime } from "#lib/context.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { INVOICE_STATES } from "#lib/domain/invoice.ts";
import { openExport } from "#lib/services/exports/open.ts";
import { type PlaceParams, requirePlace } from "./viewer.ts";

interface Segment {
  readonly params: Promise<PlaceParams>;
}

/** POST of a form on our own page: an export is noted in the log, so nobody else's page may cause one. */
export async function exportInvoices(request: Request, { params }: Segment): Promise<Response> {
  if (request.headers.get("origin") !== getWebRuntime().config.origin) {
    return new Response("This form is not ours.", { status: 403 });
  }
  const { ctx } = await requirePlace(params);
  const form = await request.formData().catch(() => new FormData());
  const state = INVOICE_STATES.find((known) => known === form.get("state"));
  try {
    const { fileName, chunks } = await openExport(ctx, {
      kind: "invoices",
      phone: null,
      filter: state === undefined ? {} : { states: [state] },
    });
    return new Response(
      Readable.toWeb(Readable.from(chunks).map((chunk: string) => Buffer.from(chunk))) as ReadableStream,
      {
        headers: {
          "content-type": "text/csv; charset=utf-8",
          "content-disposition": `attachment; filename="${fileName}"`,
          "cache-control": "no-store",
        },
      },
    );
  } catch (error) {
    if (error instanceof ServiceError && error.code === "permission_denied") {
      return new Response(error.message, { status: 403 });
    }
    throw error;
  }
}
