// What is refused for a while, in the memory of one process. Time is the process's uptime, which nobody sets.

/** More than that is forgotten, the oldest first: a flood of names must not fill the memory. */
const BLOCKS_MAX = 10_000;

export interface Blocks {
  /** Milliseconds that a name is still refused; 0: it is not. */
  leftMs(name: string): number;
  block(name: string, forMs: number): void;
}

export function createBlocks(): Blocks {
  const ends = new Map<string, number>();
  return {
    leftMs(name) {
      const end = ends.get(name);
      if (end === undefined) return 0;
      const leftMs = end - performance.now();
      if (leftMs > 0) return leftMs;
      ends.delete(name);
      return 0;
    },
    block(name, forMs) {
      ends.set(name, performance.now() + forMs);
      const [oldest] = ends.keys();
      if (ends.size > BLOCKS_MAX && oldest !== undefined) ends.delete(oldest);
    },
  };
}
