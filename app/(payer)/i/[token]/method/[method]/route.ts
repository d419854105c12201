export { getMethod as GET } from "#lib/web/payer/handlers.ts";
