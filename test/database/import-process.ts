// A worker of its own that runs one import's job, to be killed while it does.

import { parseConfig } from "#lib/config.ts";
import { createRuntime } from "#lib/context.ts";
import type { ImportId, MerchantId } from "#lib/domain/ids.ts";
import { runJob } from "#worker/jobs/register.ts";

const [merchantId = "", importId = ""] = process.argv.slice(2);
const { deps } = createRuntime("worker", parseConfig(process.env));
await deps.queue.start();
const job = { merchantId: merchantId as MerchantId, mode: "test", importId: importId as ImportId } as const;
process.send?.("ready");
await runJob(deps, "import.run", job);
process.exit(0);
