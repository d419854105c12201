import type { JobDataOf } from "#lib/domain/jobs.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { runImport } from "#lib/services/imports/run.ts";

export async function run(ctx: ServiceContext, { importId }: JobDataOf<"import.run">): Promise<void> {
  await runImport(ctx, importId);
}
