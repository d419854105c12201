// `/v1/disputes`: https://docs.stripe.com/api/disputes
import { json, type Request } from "../http/message.ts";
import type { Route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import { type OfCharge, ownOf, readingRoutes } from "./charge-lists.ts";
import { type EvidenceField, evidenceFields } from "./dispute-object.ts";
import { answerDispute, closeDispute } from "./disputes.ts";
import { bodyParameters, causeOf, expandOnly, type Post } from "./endpoint.ts";
import { renderDispute } from "./expand.ts";
import {
  changedMetadata,
  flag,
  hash,
  list,
  metadataChange,
  optional,
  type Parser,
  text,
  unplayed,
} from "./parameters.ts";
import type { StoredDispute } from "./records.ts";

/** An empty text takes a piece of evidence back. */
const piece: Parser<string | null> = (raw, param) => (raw === "" ? null : text(20_000)(raw, param));

const evidence: Parser<Partial<Record<EvidenceField, string | null>>> = (raw, param) => {
  const shape = Object.fromEntries(evidenceFields.map((name) => [name, optional(piece)]));
  const parsed = hash({ ...shape, appeal: unplayed, enhanced_evidence: unplayed })(raw, param);
  return Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== undefined));
};

const disputeChange = hash({
  evidence: optional(evidence),
  expand: optional(list(text())),
  intended_submission_method: unplayed,
  metadata: metadataChange,
  submit: optional(flag),
});

/** Routes that answer, close, read and list disputes. */
export function disputeRoutes(sandbox: Sandbox, post: Post): Route[] {
  const of: OfCharge<StoredDispute> = {
    kind: "dispute",
    idName: "dispute",
    collection: sandbox.stripe.disputes,
    render: renderDispute,
  };
  const ownDispute = (request: Request, id: string) => ownOf(sandbox, of, request, id);
  return [
    post("/v1/disputes/:id", ({ request, id }) => {
      const { evidence, expand, metadata, submit } = disputeChange(bodyParameters(request), "");
      const dispute = ownDispute(request, id);
      const answer = { evidence, submit, metadata: changedMetadata(dispute.wire.metadata, metadata) };
      const answered = answerDispute(sandbox, dispute, answer, causeOf(request));
      return json(200, renderDispute(sandbox, answered, expand));
    }),
    post("/v1/disputes/:id/close", ({ request, id }) => {
      const { expand } = expandOnly(bodyParameters(request), "");
      const closed = closeDispute(sandbox, ownDispute(request, id), causeOf(request));
      return json(200, renderDispute(sandbox, closed, expand));
    }),
    ...readingRoutes(sandbox, of),
  ];
}
