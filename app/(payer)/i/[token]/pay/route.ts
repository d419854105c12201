export { postPay as POST } from "#lib/web/payer/handlers.ts";
