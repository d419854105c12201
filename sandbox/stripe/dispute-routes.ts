// `/v1/disputes`: https://docs.stripe.com/api/disputes
import { json, type Request } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import { requireStripeAccount } from "./authenticate.ts";
import { type EvidenceField, evidenceFields } from "./dispute-object.ts";
import { answerDispute, closeDispute } from "./disputes.ts";
import {
  addEqual,
  bodyParameters,
  causeOf,
  expandOnly,
  own,
  type Post,
  queryParameters,
} from "./endpoint.ts";
import { missing } from "./errors.ts";
import { itemPaths, renderDispute } from "./expand.ts";
import { addRange, createdParameter, type Filter, listPage, pageParameters, renderList } from "./lists.ts";
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

const disputeFilter = hash({
  ...pageParameters,
  charge: optional(text()),
  created: optional(createdParameter),
  expand: optional(list(text())),
  payment_intent: optional(text()),
});

/** Routes that answer, close, read and list disputes. */
export function disputeRoutes(sandbox: Sandbox, post: Post): Route[] {
  const { disputes } = sandbox.stripe;
  const ownDispute = (request: Request, id: string): StoredDispute => {
    const dispute = own(sandbox, request, disputes.find(id));
    if (!dispute) {
      throw missing("dispute", id, "dispute");
    }
    return dispute;
  };
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
    route("GET", "/v1/disputes/:id", (request, { id = "" }) => {
      const { expand } = expandOnly(queryParameters(request), "");
      return json(200, renderDispute(sandbox, ownDispute(request, id), expand));
    }),
    route("GET", "/v1/disputes", (request) => {
      const account = requireStripeAccount(sandbox, request);
      const parameters = disputeFilter(queryParameters(request), "");
      const filter: Filter = { sql: ["account = ?"], values: [account.id] };
      addEqual(filter, "body->>'$.wire.charge'", parameters.charge);
      addEqual(filter, "body->>'$.wire.payment_intent'", parameters.payment_intent);
      addRange(filter, parameters.created ?? {});
      const page = listPage(disputes, "stripe_disputes", "dispute", filter, parameters);
      const paths = itemPaths(parameters.expand ?? []);
      const data = page.rows.map((dispute) => renderDispute(sandbox, dispute, paths));
      return json(200, renderList("/v1/disputes", data, page.hasMore));
    }),
  ];
}
