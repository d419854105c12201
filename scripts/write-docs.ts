// `npm run docs`: writes the state drawings into the README and docs/states.md, and the tables of docs/api.md.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withApiTables } from "./docs/api.ts";
import { statesPage, withDrawings } from "./docs/states.ts";
import { projectRoot } from "./stack/paths.ts";

const readme = join(projectRoot, "README.md");
writeFileSync(readme, withDrawings(readFileSync(readme, "utf8")));
writeFileSync(join(projectRoot, "docs", "states.md"), statesPage());

const api = join(projectRoot, "docs", "api.md");
writeFileSync(api, withApiTables(readFileSync(api, "utf8")));
