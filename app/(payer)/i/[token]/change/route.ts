export { getFormAddress as GET, postChange as POST } from "#lib/web/payer/handlers.ts";
