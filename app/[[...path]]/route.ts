export { getAnything as GET } from "#lib/web/payer/home.ts";
