import { existsSync } from "node:fs";
import { join } from "node:path";
import { markInstalled, root } from "./bootstrap.mjs";

// An install without the tools of development is not all that `npm start` and `npm test` need.
if (existsSync(join(root, "node_modules/vitest"))) markInstalled();
