// State machines as data. Legality, next states, final states, the drawings in the docs and the exhaustive
// tests derive from the tables; the database keeps a copy of every edge and refuses any other.

export interface Edge<State extends string, Event extends string> {
  readonly from: State;
  readonly event: Event;
  readonly to: State;
  /** Who causes it and what follows. */
  readonly note: string;
}

export type StateTable<State extends string, Event extends string> = readonly Edge<State, Event>[];

/** The state after `event`, or null where the table has no such edge. */
export function nextState<State extends string, Event extends string>(
  table: StateTable<State, Event>,
  from: State,
  event: Event,
): State | null {
  return table.find((edge) => edge.from === from && edge.event === event)?.to ?? null;
}

/** The events that are legal in `from`. */
export function legalEvents<State extends string, Event extends string>(
  table: StateTable<State, Event>,
  from: State,
): Event[] {
  return table.filter((edge) => edge.from === from).map((edge) => edge.event);
}
