// `expand[]`: ids replaced by the objects they name, as far as the sandbox has them.
import type { Sandbox } from "../sandbox.ts";
import type { Collection, Entry } from "../store/collection.ts";
import { ParameterError } from "./errors.ts";
import { renderList } from "./lists.ts";
import type {
  StoredBalance,
  StoredCharge,
  StoredDispute,
  StoredIntent,
  StoredRefund,
  StoredSession,
} from "./records.ts";

type Paths = readonly string[];
type Render<T> = (sandbox: Sandbox, entry: T, expand?: Paths) => object;

/** Refunds that are shown inside of a charge. */
const innerLimit = 10;

/** Paths under `name`, without it: `payment_intent.latest_charge` under `payment_intent` gives `latest_charge`. */
function below(paths: Paths, name: string): string[] {
  return paths.filter((path) => path.startsWith(`${name}.`)).map((path) => path.slice(name.length + 1));
}

function isWanted(paths: Paths, name: string): boolean {
  return paths.some((path) => path === name || path.startsWith(`${name}.`));
}

function refuseOthers(paths: Paths, expandable: readonly string[]): void {
  for (const path of paths) {
    const head = path.split(".")[0] ?? "";
    if (!expandable.includes(head)) {
      throw new ParameterError("expand", `This property cannot be expanded (${path}).`);
    }
  }
}

/** The property `name` with the object that its id names, where that is asked for and there is one. */
function expanded<T extends Entry>(
  sandbox: Sandbox,
  paths: Paths,
  name: string,
  id: string | null | undefined,
  collection: Collection<T>,
  render: Render<T>,
): object {
  const entry = isWanted(paths, name) && id ? collection.find(id) : null;
  return entry ? { [name]: render(sandbox, entry, below(paths, name)) } : {};
}

/** A session with `payment_intent` (and below it `latest_charge`) and `line_items` expanded where asked. */
export function renderSession(sandbox: Sandbox, session: StoredSession, expand: Paths = []): object {
  const { intents } = sandbox.stripe;
  refuseOthers(expand, ["payment_intent", "line_items"]);
  return {
    ...session.wire,
    ...expanded(sandbox, expand, "payment_intent", session.wire.payment_intent, intents, renderIntent),
    ...(isWanted(expand, "line_items")
      ? { line_items: renderList(`/v1/checkout/sessions/${session.id}/line_items`, session.lineItems, false) }
      : {}),
  };
}

/** A payment intent with `latest_charge` expanded where asked. */
export function renderIntent(sandbox: Sandbox, intent: StoredIntent, expand: Paths = []): object {
  const { charges } = sandbox.stripe;
  refuseOthers(expand, ["latest_charge"]);
  return {
    ...intent.wire,
    ...expanded(sandbox, expand, "latest_charge", intent.wire.latest_charge, charges, renderCharge),
  };
}

/** A charge with `payment_intent`, `balance_transaction` and `refunds` expanded where asked. */
export function renderCharge(sandbox: Sandbox, { id, wire }: StoredCharge, expand: Paths = []): object {
  const { intents, balance } = sandbox.stripe;
  refuseOthers(expand, ["payment_intent", "balance_transaction", "refunds"]);
  return {
    ...wire,
    ...expanded(sandbox, expand, "payment_intent", wire.payment_intent, intents, renderIntent),
    ...expanded(sandbox, expand, "balance_transaction", wire.balance_transaction, balance, renderBalance),
    ...(isWanted(expand, "refunds") ? { refunds: refundsOf(sandbox, id, below(expand, "refunds")) } : {}),
  };
}

/** A refund with `charge`, `payment_intent` and its movements on the balance expanded where asked. */
export function renderRefund(sandbox: Sandbox, { wire }: StoredRefund, expand: Paths = []): object {
  const { charges, intents, balance } = sandbox.stripe;
  const failure = "failure_balance_transaction";
  refuseOthers(expand, ["charge", "payment_intent", "balance_transaction", failure]);
  return {
    ...wire,
    ...expanded(sandbox, expand, "charge", wire.charge, charges, renderCharge),
    ...expanded(sandbox, expand, "payment_intent", wire.payment_intent, intents, renderIntent),
    ...expanded(sandbox, expand, "balance_transaction", wire.balance_transaction, balance, renderBalance),
    ...expanded(sandbox, expand, failure, wire[failure], balance, renderBalance),
  };
}

/** A dispute with `charge` and `payment_intent` expanded where asked. */
export function renderDispute(sandbox: Sandbox, { wire }: StoredDispute, expand: Paths = []): object {
  const { charges, intents } = sandbox.stripe;
  refuseOthers(expand, ["charge", "payment_intent"]);
  return {
    ...wire,
    ...expanded(sandbox, expand, "charge", wire.charge, charges, renderCharge),
    ...expanded(sandbox, expand, "payment_intent", wire.payment_intent, intents, renderIntent),
  };
}

/** A movement on the balance with its `source` expanded where asked. */
export function renderBalance(sandbox: Sandbox, { wire }: StoredBalance, expand: Paths = []): object {
  const { charges, disputes, refunds } = sandbox.stripe;
  refuseOthers(expand, ["source"]);
  return {
    ...wire,
    ...expanded(sandbox, expand, "source", wire.source, charges, renderCharge),
    ...expanded(sandbox, expand, "source", wire.source, refunds, renderRefund),
    ...expanded(sandbox, expand, "source", wire.source, disputes, renderDispute),
  };
}

/** Paths of a list's items: Stripe wants them to begin with `data.`. */
export function itemPaths(expand: Paths): string[] {
  refuseOthers(expand, ["data"]);
  return below(expand, "data");
}

function refundsOf(sandbox: Sandbox, charge: string, expand: Paths): object {
  const paths = itemPaths(expand);
  const found = sandbox.stripe.refunds.newest(innerLimit + 1, "body->>'$.wire.charge' = ?", charge);
  const data = found.slice(0, innerLimit).map((refund) => renderRefund(sandbox, refund, paths));
  return renderList(`/v1/charges/${charge}/refunds`, data, found.length > innerLimit);
}
