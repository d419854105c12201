export { getFailed as GET } from "#lib/web/payer/handlers.ts";
