import { defineConfig, type ReporterDescription } from "@playwright/test";

const { CHROMIUM_PATH, PLAYWRIGHT_JSON } = process.env;

const json: ReporterDescription[] =
  PLAYWRIGHT_JSON === undefined || PLAYWRIGHT_JSON === "" ? [] : [["json", { outputFile: PLAYWRIGHT_JSON }]];

// The system under test is started by scripts/test/e2e.ts. Tests are independent of each other: each makes its
// own invoice for a phone number of its own. Those that change the merchant's settings run alone, at the end.
export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  fullyParallel: true,
  workers: 2,
  retries: 0,
  timeout: 30_000,
  expect: { timeout: 7_000 },
  reporter: [["list"], ...json],
  use: {
    viewport: { width: 390, height: 844 },
    // An ordinary phone: headless browsers name themselves, and are rightly taken for bots.
    userAgent:
      "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
    locale: "en-GB",
    timezoneId: "Europe/Oslo",
    colorScheme: "light",
    actionTimeout: 7_000,
    navigationTimeout: 10_000,
    trace: { mode: "retain-on-failure", screenshots: false, sources: false },
    launchOptions: {
      ...(CHROMIUM_PATH === undefined ? {} : { executablePath: CHROMIUM_PATH }),
      args: [
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "dashboard", testMatch: "dashboard/**" },
    { name: "payers", testIgnore: ["settings/**", "dashboard/**"] },
    {
      name: "settings",
      testMatch: "settings/**",
      dependencies: ["payers", "dashboard"],
      fullyParallel: false,
      workers: 1,
    },
  ],
});
