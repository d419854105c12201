import type { JobDataOf } from "#lib/domain/jobs.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { checkImport } from "#lib/services/imports/check.ts";

export async function check(ctx: ServiceContext, { importId }: JobDataOf<"import.check">): Promise<void> {
  await checkImport(ctx, importId);
}
