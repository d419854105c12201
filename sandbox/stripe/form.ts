// Stripe's parameter encoding: `a[b][0]=c` in bodies and queries becomes a tree of texts.

/** A text, or nested parameters by key. Lists are trees with the keys 0, 1, 2 … */
export type Raw = string | RawTree;

export type RawTree = { [key: string]: Raw };

/** Deeper or more than any request of an SDK; beyond it parameters are refused. */
const depthLimit = 10;
const countLimit = 1_000;

/** Null when the names are not well-formed or exceed the limits. */
export function decodeParameters(source: URLSearchParams): RawTree | null {
  const tree = newTree();
  if (source.size > countLimit) {
    return null;
  }
  for (const [name, value] of source) {
    const keys = splitName(name);
    if (!keys || !assign(tree, keys, value)) {
      return null;
    }
  }
  return tree;
}

/** Trees have no prototype, so that a parameter called `constructor` is just another name. */
function newTree(): RawTree {
  return Object.create(null) as RawTree;
}

/** `a[b][]` becomes a, b and an empty key; null when brackets do not match. */
function splitName(name: string): string[] | null {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  if (!match) {
    return null;
  }
  const inner = [...(match[2] ?? "").matchAll(/\[([^[\]]*)\]/g)].map((part) => part[1] ?? "");
  return inner.length < depthLimit ? [match[1] ?? "", ...inner] : null;
}

function assign(tree: RawTree, keys: string[], value: string): boolean {
  let place = tree;
  for (const [index, written] of keys.entries()) {
    // `a[]` appends.
    const key = written === "" ? String(Object.keys(place).length) : written;
    if (index === keys.length - 1) {
      place[key] = value;
      return true;
    }
    const next = place[key] ?? newTree();
    if (typeof next === "string") {
      return false;
    }
    place[key] = next;
    place = next;
  }
  return false;
}
