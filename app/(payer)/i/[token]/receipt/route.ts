export { getReceipt as GET } from "#lib/web/payer/handlers.ts";
