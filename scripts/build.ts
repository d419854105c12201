// `npm run build`: the web process's build, as `npm start` makes it.

import { ensureBuilt } from "./stack/build.ts";

await ensureBuilt((line) => process.stdout.write(`${line}\n`));
