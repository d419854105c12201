// `npm run docs:states`: writes the state drawings into the README and docs/states.md.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { statesPage, withDrawings } from "./docs/states.ts";
import { projectRoot } from "./stack/paths.ts";

const readme = join(projectRoot, "README.md");
writeFileSync(readme, withDrawings(readFileSync(readme, "utf8")));
writeFileSync(join(projectRoot, "docs", "states.md"), statesPage());
