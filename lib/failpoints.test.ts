import { describe, expect, it } from "vitest";
import { parseFailpoints } from "./domain/failpoints.ts";
import { createFailpoints, type FailpointHit } from "./failpoints.ts";

const said: FailpointHit[] = [];

function armed(text: string) {
  said.length = 0;
  const made = createFailpoints(parseFailpoints(text) ?? [], (hit) => said.push(hit));
  if (made === null) throw new Error("Nothing is set.");
  return made;
}

/** `done`, or `waits` where it has not come back after a while. */
const outcome = (work: Promise<void>, ms: number) =>
  Promise.race([
    work.then(() => "done"),
    new Promise<string>((resolve) => setTimeout(() => resolve("waits"), ms)),
  ]);

describe("the setting of failpoints", () => {
  it("is read whole: names, actions, delays and hits", () => {
    expect(parseFailpoints("K5=kill, K8=delay:500@2,K3=drop@1")).toEqual([
      { name: "K5", action: "kill", delayMs: 0, onHit: null },
      { name: "K8", action: "delay", delayMs: 500, onHit: 2 },
      { name: "K3", action: "drop", delayMs: 0, onHit: 1 },
    ]);
  });

  it.each([
    "",
    "K5",
    "K0=kill",
    "k5=kill",
    "K5=explode",
    "K5=kill:5",
    "K5=delay",
    "K5=kill@0",
    "K5=kill@",
    "K5=kill,",
    "toString=kill",
  ])("is refused as a whole where it is %j", (text) => {
    expect(parseFailpoints(text)).toBeNull();
  });
});

describe("a failpoint", () => {
  it("is not there at all where none is set", () => {
    expect(createFailpoints([])).toBeNull();
  });

  it("acts at its own step only, and says so", async () => {
    const points = armed("K5=throw");
    await points.reach("K4");
    expect(said).toEqual([]);
    await expect(points.reach("K5")).rejects.toThrow("K5");
    expect(said).toEqual([{ failpoint: "K5", action: "throw", hit: 1 }]);
  });

  it("acts on the hit it is set for, and lets the others pass", async () => {
    const points = armed("K5=throw@2");
    await points.reach("K5");
    await expect(points.reach("K5")).rejects.toThrow("K5");
    await points.reach("K5");
    expect(said).toHaveLength(1);
  });

  it("that delays goes on later, and one that hangs never does", async () => {
    expect(await outcome(armed("K5=delay:1").reach("K5"), 5_000)).toBe("done");
    expect(await outcome(armed("K5=delay:60000").reach("K5"), 30)).toBe("waits");
    expect(await outcome(armed("K5=hang").reach("K5"), 30)).toBe("waits");
  });

  it("that drops the answer cuts the connection of its own request, and fails where there is none", async () => {
    const points = armed("K3=drop");
    await expect(points.reach("K3")).rejects.toThrow("no request");
    const cut: number[] = [];
    const serve = (request: number) =>
      new Promise<void>((resolve, reject) =>
        // Each request comes in a call chain of its own.
        setImmediate(() => {
          points.enterRequest(() => cut.push(request));
          points.reach("K3").then(resolve, reject);
        }),
      );
    await Promise.all([serve(1), serve(2)]);
    expect(cut.sort()).toEqual([1, 2]);
  });
});
