export { postChange as POST } from "#lib/web/payer/handlers.ts";
