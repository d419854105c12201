// What befalls charges, refunds and disputes, is read and listed in one way.
import { json, type Request } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Collection, Entry } from "../store/collection.ts";
import { requireStripeAccount } from "./authenticate.ts";
import { addEqual, expandOnly, own, queryParameters } from "./endpoint.ts";
import { missing } from "./errors.ts";
import { itemPaths } from "./expand.ts";
import { addRange, createdParameter, type Filter, listPage, pageParameters, renderList } from "./lists.ts";
import { hash, list, optional, text } from "./parameters.ts";

const listFilter = hash({
  ...pageParameters,
  charge: optional(text()),
  created: optional(createdParameter),
  expand: optional(list(text())),
  payment_intent: optional(text()),
});

export type OfCharge<T extends Entry> = {
  /** Stripe's name of the object; its plural is in the addresses. */
  kind: "refund" | "dispute";
  /** The parameter that an error about an unknown id names. */
  idName: string;
  collection: Collection<T>;
  render: (sandbox: Sandbox, entry: T, expand: string[] | undefined) => object;
};

/** The asking account's own entry; 404 for any other. */
export function ownOf<T extends Entry>(
  sandbox: Sandbox,
  { kind, idName, collection }: OfCharge<T>,
  request: Request,
  id: string,
): T {
  const entry = own(sandbox, request, collection.find(id));
  if (!entry) {
    throw missing(kind, id, idName);
  }
  return entry;
}

/** Routes that read one, and list all of an account, a charge or a payment intent. */
export function readingRoutes<T extends Entry>(sandbox: Sandbox, of: OfCharge<T>): Route[] {
  const base = `/v1/${of.kind}s`;
  return [
    route("GET", `${base}/:id`, (request, { id = "" }) => {
      const { expand } = expandOnly(queryParameters(request), "");
      return json(200, of.render(sandbox, ownOf(sandbox, of, request, id), expand));
    }),
    route("GET", base, (request) => {
      const account = requireStripeAccount(sandbox, request);
      const parameters = listFilter(queryParameters(request), "");
      const filter: Filter = { sql: ["account = ?"], values: [account.id] };
      addEqual(filter, "body->>'$.wire.charge'", parameters.charge);
      addEqual(filter, "body->>'$.wire.payment_intent'", parameters.payment_intent);
      addRange(filter, parameters.created ?? {});
      const page = listPage(of.collection, `stripe_${of.kind}s`, of.kind, filter, parameters);
      const paths = itemPaths(parameters.expand ?? []);
      const data = page.rows.map((entry) => of.render(sandbox, entry, paths));
      return json(200, renderList(base, data, page.hasMore));
    }),
  ];
}
