// `expand[]`: ids replaced by the objects they name, as far as the sandbox has them.
import type { Sandbox } from "../sandbox.ts";
import { ParameterError } from "./errors.ts";
import { renderList } from "./lists.ts";
import type { StoredCharge, StoredIntent, StoredSession } from "./records.ts";

/** Paths under `name`, without it: `payment_intent.latest_charge` under `payment_intent` gives `latest_charge`. */
function below(paths: readonly string[], name: string): string[] {
  return paths.filter((path) => path.startsWith(`${name}.`)).map((path) => path.slice(name.length + 1));
}

function isWanted(paths: readonly string[], name: string): boolean {
  return paths.some((path) => path === name || path.startsWith(`${name}.`));
}

function refuseOthers(paths: readonly string[], expandable: readonly string[]): void {
  for (const path of paths) {
    const head = path.split(".")[0] ?? "";
    if (!expandable.includes(head)) {
      throw new ParameterError("expand", `This property cannot be expanded (${path}).`);
    }
  }
}

/** A session with `payment_intent` (and below it `latest_charge`) and `line_items` expanded where asked. */
export function renderSession(sandbox: Sandbox, session: StoredSession, expand: readonly string[] = []) {
  refuseOthers(expand, ["payment_intent", "line_items"]);
  const intent = session.wire.payment_intent && sandbox.stripe.intents.find(session.wire.payment_intent);
  return {
    ...session.wire,
    ...(isWanted(expand, "payment_intent") && intent
      ? { payment_intent: renderIntent(sandbox, intent, below(expand, "payment_intent")) }
      : {}),
    ...(isWanted(expand, "line_items")
      ? { line_items: renderList(`/v1/checkout/sessions/${session.id}/line_items`, session.lineItems, false) }
      : {}),
  };
}

/** A payment intent with `latest_charge` expanded where asked. */
export function renderIntent(sandbox: Sandbox, intent: StoredIntent, expand: readonly string[] = []) {
  refuseOthers(expand, ["latest_charge"]);
  const charge = intent.wire.latest_charge && sandbox.stripe.charges.find(intent.wire.latest_charge);
  return {
    ...intent.wire,
    ...(isWanted(expand, "latest_charge") && charge
      ? { latest_charge: renderCharge(sandbox, charge, below(expand, "latest_charge")) }
      : {}),
  };
}

/** A charge with `payment_intent` expanded where asked. */
export function renderCharge(sandbox: Sandbox, charge: StoredCharge, expand: readonly string[] = []): object {
  refuseOthers(expand, ["payment_intent"]);
  const intent = sandbox.stripe.intents.find(charge.wire.payment_intent);
  return {
    ...charge.wire,
    ...(isWanted(expand, "payment_intent") && intent
      ? { payment_intent: renderIntent(sandbox, intent, below(expand, "payment_intent")) }
      : {}),
  };
}

/** Paths of a list's items: Stripe wants them to begin with `data.`. */
export function itemPaths(expand: readonly string[]): string[] {
  refuseOthers(expand, ["data"]);
  return below(expand, "data");
}
