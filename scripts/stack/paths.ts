// Where things are on this machine.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Everything that is kept between two starts; not in the repository. */
export interface DataPaths {
  readonly dir: string;
  readonly secrets: string;
  readonly demo: string;
  readonly lock: string;
  readonly logs: string;
  readonly postgres: string;
  readonly sandbox: string;
}

export function dataPaths(dir: string): DataPaths {
  return {
    dir,
    secrets: join(dir, "secrets.json"),
    demo: join(dir, "demo.json"),
    lock: join(dir, "run.lock"),
    logs: join(dir, "logs"),
    postgres: join(dir, "postgres"),
    sandbox: join(dir, "sandbox"),
  };
}
