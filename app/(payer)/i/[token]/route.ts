export { getLanding as GET } from "#lib/web/payer/handlers.ts";
