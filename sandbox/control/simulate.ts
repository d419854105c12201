// What the endpoints under `/control/simulate` have in common: one object, one action, a short answer.
import { invalid, jsonObject } from "../http/body.ts";
import { type Answer, AnswerError, failure, json } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";

export type Outcome = Record<string, unknown>;

type Simulation<T, A extends string> = {
  /** Below `/control/simulate`, with `:id`. */
  path: string;
  /** What the object is called in errors. */
  noun: string;
  actions: readonly A[];
  find: (id: string) => T | null;
  /** Acts as a human on the pages or the clock would; false when the object's state does not allow it. */
  act: (entry: T, action: A, body: Record<string, unknown>) => boolean;
  /** The object as it is afterwards. */
  show: (id: string) => Outcome;
};

/** A route that takes `{ "action": … }`: 200, 400 for another action, 404 unknown, 409 not in this state. */
export function simulation<T, A extends string>(of: Simulation<T, A>): Route {
  return route("POST", `/control/simulate${of.path}`, (request, { id = "" }) => {
    const body = jsonObject(request);
    const action = of.actions.find((candidate) => candidate === body.action);
    if (!action) {
      throw invalid("invalid_action", `action must be one of ${of.actions.join(", ")}.`);
    }
    const entry = of.find(id);
    if (!entry) {
      throw unknown(of.noun);
    }
    return of.act(entry, action, body) ? json(200, { id, ...of.show(id) }) : impossible(of.show(id));
  });
}

/** 404 for an id that there is not. */
export function unknown(noun: string): AnswerError {
  const message = `There is no such ${noun}.`;
  return new AnswerError(failure(404, `${noun.replaceAll(" ", "_")}_not_found`, message), message);
}

/** 409, with the state that stands in the way. */
export function impossible(state: Outcome): Answer {
  return failure(409, "not_possible", `That is not possible now: ${JSON.stringify(state)}.`);
}
