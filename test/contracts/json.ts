// What JSON is, before anything is known about it.

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object under a name, or an empty one. */
export function fieldsOf(parent: unknown, name: string): Fields {
  const value = isFields(parent) ? parent[name] : undefined;
  return isFields(value) ? value : {};
}

export function listOf(parent: unknown, name: string): readonly unknown[] {
  const value = isFields(parent) ? parent[name] : undefined;
  return Array.isArray(value) ? value : [];
}

/** `null`, `array`, or what typeof says. */
export function jsonType(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
