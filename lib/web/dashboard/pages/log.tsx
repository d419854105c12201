// Who did what that matters.

import { Card, Empty } from "#components/dashboard/parts.tsx";
import { buttonClass } from "#components/ui/button.tsx";
import { SelectField } from "#components/ui/select-field.tsx";
import { AUDIT_AREAS } from "#lib/domain/audit.ts";
import { mayPerson } from "#lib/domain/permissions.ts";
import { listAuditLog, parseAuditArea } from "#lib/services/audit-log/list.ts";
import { pageFrame } from "../page-frame.tsx";
import { type PlaceParams, requirePlace } from "../viewer.ts";
import { NoRight } from "./no-right.tsx";

interface Asked {
  readonly params: Promise<PlaceParams>;
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
}

const PAGE = 50;

export async function logPage({ params, searchParams }: Asked) {
  const place = await requirePlace(params);
  const asked = await searchParams;
  const area = typeof asked.area === "string" ? parseAuditArea(asked.area) : null;
  const may = mayPerson(place.role, "audit.read", place.ctx.tenant.mode);
  const cursor = typeof asked.after === "string" ? asked.after : null;
  const found = may ? await listAuditLog(place.ctx, { area, cursor, limit: PAGE }) : null;
  return await pageFrame({
    place,
    current: "log",
    heading: "Audit log",
    children: (format) =>
      found === null ? (
        <NoRight role={place.role} permission="audit.read" />
      ) : (
        <>
          <search>
            <form className="flex flex-wrap items-end gap-3">
              <SelectField
                name="area"
                label="About"
                options={[{ value: "", label: "Everything" }, ...AUDIT_AREAS]}
                defaultValue={area ?? ""}
              />
              <button type="submit" className={buttonClass()}>
                Show
              </button>
            </form>
          </search>
          <Card heading={`Acts in ${place.ctx.tenant.mode} mode`}>
            {found.items.length === 0 ? (
              <Empty>Nothing yet.</Empty>
            ) : (
              <ol className="divide-y divide-stone-200 dark:divide-stone-800">
                {found.items.map(({ entry, actor }) => (
                  <li key={entry.id} className="py-3 text-sm">
                    <p className="font-medium">{entry.act}</p>
                    <p className="break-all">
                      {entry.subjectId}, by {actor}
                    </p>
                    <p className="break-all font-mono text-xs">{JSON.stringify(entry.detail)}</p>
                    <p className="text-stone-600 dark:text-stone-400">
                      <time dateTime={entry.at.toISOString()}>{format.time(entry.at)}</time>
                    </p>
                  </li>
                ))}
              </ol>
            )}
          </Card>
          {found.nextCursor !== null && (
            <a
              href={`?${new URLSearchParams({ after: found.nextCursor, ...(area === null ? {} : { area }) })}`}
              className={buttonClass()}
            >
              Older
            </a>
          )}
        </>
      ),
  });
}
