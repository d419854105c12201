// `npm run audit`: checks what must always hold, in the database that `npm start` uses, and changes nothing.
//   exit code 0  everything holds
//             1  something does not
//             2  it could not be looked

import { ensureInstalled, handOver } from "./bootstrap.mjs";

ensureInstalled();
handOver("scripts/audit/main.ts", process.argv.slice(2));
