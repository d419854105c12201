// Changes as callers send them: what is left out stays as it is, null clears.

export type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out what was not given; null stays, since it clears. The cast only restates what the filter did. */
export function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}
