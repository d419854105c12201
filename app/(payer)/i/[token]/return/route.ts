export { getReturn as GET } from "#lib/web/payer/handlers.ts";
