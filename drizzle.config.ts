import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: [
    "./db/schema/events.ts",
    "./db/schema/imports.ts",
    "./db/schema/invoices.ts",
    "./db/schema/ledger.ts",
    "./db/schema/merchants.ts",
    "./db/schema/payments.ts",
    "./db/schema/people.ts",
    "./db/schema/refunds.ts",
    "./db/schema/routing.ts",
    "./db/schema/search.ts",
    "./db/schema/settlements.ts",
  ],
  out: "./db/migrations",
});
