import { getWebRuntime } from "#lib/context.ts";
import { receiveFromSmsProvider } from "#lib/doors/notifications/receive.ts";

export function POST(request: Request): Promise<Response> {
  return receiveFromSmsProvider(getWebRuntime().deps, request);
}
