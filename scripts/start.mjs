// `npm start`: everything on a fresh machine. Runs on Node 20 with nothing installed.

import { ensureInstalled, handOver } from "./bootstrap.mjs";

ensureInstalled();
handOver("scripts/stack/start.ts", process.argv.slice(2));
