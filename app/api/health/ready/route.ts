import { getWebRuntime } from "#lib/context.ts";
import { checkReadiness } from "#lib/services/readiness.ts";

export const dynamic = "force-dynamic";

/** The process can do its work: the database answers and is up to date. */
export async function GET(): Promise<Response> {
  const isReady = await checkReadiness(getWebRuntime().deps);
  return Response.json(
    { status: isReady ? "ready" : "not_ready" },
    { status: isReady ? 200 : 503, headers: { "cache-control": "no-store" } },
  );
}
