export { getWaiting as GET } from "#lib/web/payer/handlers.ts";
