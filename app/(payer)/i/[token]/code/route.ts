export { getCode as GET, postCode as POST } from "#lib/web/payer/handlers.ts";
