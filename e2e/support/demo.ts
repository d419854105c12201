// Where the system under test is, and the demo merchant's credentials.

import { readFileSync } from "node:fs";

interface Demo {
  readonly base_url: string;
  readonly sandbox_url: string;
  readonly merchant_id: string;
  readonly api_key: string;
  readonly callback_secret: string;
  readonly dashboard_email: string;
  readonly dashboard_password: string;
  /** The web process's own login. */
  readonly database_url: string;
}

const path = process.env.E2E_DEMO;
if (path === undefined) throw new Error("Run the browser tests with: node scripts/test/e2e.ts");

export const demo = JSON.parse(readFileSync(path, "utf8")) as Demo;
