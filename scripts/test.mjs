// `npm test`: everything on a fresh machine. Runs on Node 20 with nothing installed.

import { ensureInstalled, handOver } from "./bootstrap.mjs";

ensureInstalled();
handOver("scripts/test/run.ts", process.argv.slice(2));
