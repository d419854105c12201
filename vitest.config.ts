import { defineConfig } from "vitest/config";

// Three sets: `unit` needs nothing, `database` a PostgreSQL and the sandbox, `faults` a built system.
export default defineConfig({
  test: {
    reporters: ["default"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["lib/**/*.test.ts", "test/unit/**/*.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "sandbox",
          include: ["sandbox/**/*.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "database",
          include: ["test/database/**/*.test.ts"],
          globalSetup: ["test/database/global-setup.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "faults",
          include: ["test/faults/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
