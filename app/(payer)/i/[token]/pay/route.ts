export { getFormAddress as GET, postPay as POST } from "#lib/web/payer/handlers.ts";
