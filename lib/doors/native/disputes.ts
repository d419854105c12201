// Operations on disputes: they come from banks, and are read only.

import { ServiceError } from "#lib/domain/errors.ts";
import { type DisputeId, parseId } from "#lib/domain/ids.ts";
import type { Dispute } from "#lib/domain/records.ts";
import { snapshotDispute } from "#lib/domain/records.ts";
import { getDispute, listDisputes } from "#lib/services/disputes/get.ts";
import { dispute, disputeList } from "./answers/dispute.ts";
import { operation } from "./operation.ts";
import { listDisputesQuery } from "./refund-schemas.ts";
import { noQuery } from "./schemas.ts";
import { subjectFilter } from "./subject-filter.ts";
import { renderDisputeSnapshot } from "./views.ts";

const render = (found: Dispute) => renderDisputeSnapshot(snapshotDispute(found));

export const getDisputeOperation = operation({
  query: noQuery,
  doc: {
    id: "getDispute",
    tag: "Disputes",
    summary: "Read a dispute",
    status: 200,
    answer: dispute,
    errors: ["dispute_not_found"],
  },
  run: async ({ ctx, params }) => render(await getDispute(ctx, disputeId(params))),
});

export const listDisputesOperation = operation({
  query: listDisputesQuery,
  doc: {
    id: "listDisputes",
    tag: "Disputes",
    summary: "List disputes, newest first",
    status: 200,
    answer: disputeList,
    errors: [],
  },
  run: async ({ ctx, query }) => {
    const subject = subjectFilter(query);
    if (subject === null) return { data: [], next_cursor: null };
    const page = await listDisputes(ctx, {
      filter: { ...subject, ...(query.state === undefined ? {} : { state: query.state }) },
      cursor: query.cursor ?? null,
      limit: query.limit,
    });
    return { data: page.items.map(render), next_cursor: page.nextCursor };
  },
});

function disputeId(params: Readonly<Record<string, string>>): DisputeId {
  const id = parseId("dispute", params.id ?? "");
  if (id === null) throw new ServiceError("dispute_not_found", "There is no such dispute.");
  return id;
}
