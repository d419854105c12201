import { getWebRuntime } from "#lib/context.ts";
import { receiveFromRail } from "#lib/doors/notifications/receive.ts";

export function POST(request: Request): Promise<Response> {
  return receiveFromRail(getWebRuntime().deps, "carrier_billing", request);
}
