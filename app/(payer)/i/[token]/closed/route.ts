export { getClosed as GET } from "#lib/web/payer/handlers.ts";
