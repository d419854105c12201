// One way each in which a rule can be broken, and nothing else with it: the auditor has to find it.

import type { Plant } from "./planting.ts";
import { HISTORY_PLANTS } from "./plants-history.ts";
import { MONEY_PLANTS } from "./plants-money.ts";
import { OUTBOX_PLANTS } from "./plants-outbox.ts";
import { OUTSIDE_PLANTS } from "./plants-outside.ts";

export const PLANTS: readonly Plant[] = [
  ...MONEY_PLANTS,
  ...HISTORY_PLANTS,
  ...OUTBOX_PLANTS,
  ...OUTSIDE_PLANTS,
];
