// `/v1/balance_transactions`: https://docs.stripe.com/api/balance_transactions
import { json } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import { requireStripeAccount } from "./authenticate.ts";
import { addEqual, expandOnly, own, queryParameters } from "./endpoint.ts";
import { missing } from "./errors.ts";
import { itemPaths, renderBalance } from "./expand.ts";
import { addRange, createdParameter, type Filter, listPage, pageParameters, renderList } from "./lists.ts";
import { hash, list, optional, text, unplayed } from "./parameters.ts";

const balanceFilter = hash({
  ...pageParameters,
  created: optional(createdParameter),
  currency: optional(text()),
  expand: optional(list(text())),
  payout: unplayed,
  source: optional(text()),
  type: optional(text()),
});

/** Routes that read the balance's movements. */
export function balanceRoutes(sandbox: Sandbox): Route[] {
  const { balance } = sandbox.stripe;
  return [
    route("GET", "/v1/balance_transactions/:id", (request, { id = "" }) => {
      const { expand } = expandOnly(queryParameters(request), "");
      const movement = own(sandbox, request, balance.find(id));
      if (!movement) {
        throw missing("balance transaction", id, "id");
      }
      return json(200, renderBalance(sandbox, movement, expand));
    }),
    route("GET", "/v1/balance_transactions", (request) => {
      const account = requireStripeAccount(sandbox, request);
      const parameters = balanceFilter(queryParameters(request), "");
      const filter: Filter = { sql: ["account = ?"], values: [account.id] };
      addEqual(filter, "body->>'$.wire.currency'", parameters.currency);
      addEqual(filter, "body->>'$.wire.source'", parameters.source);
      addEqual(filter, "body->>'$.wire.type'", parameters.type);
      addRange(filter, parameters.created ?? {});
      const table = "stripe_balance_transactions";
      const page = listPage(balance, table, "balance transaction", filter, parameters);
      const paths = itemPaths(parameters.expand ?? []);
      const data = page.rows.map((movement) => renderBalance(sandbox, movement, paths));
      return json(200, renderList("/v1/balance_transactions", data, page.hasMore));
    }),
  ];
}
