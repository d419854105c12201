import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readWhen } from "./when-text.ts";
import { zoneClock } from "./zone.ts";

const oslo = zoneClock("Europe/Oslo");
const utc = zoneClock("UTC");
const at = (text: string) => new Date(text);

describe("a clock in a zone", () => {
  it.each([
    ["Europe/Oslo", "2027-01-31T22:59:59Z", "2027-01-31 23:59:59"],
    ["Europe/Oslo", "2027-07-01T21:59:59Z", "2027-07-01 23:59:59"],
    ["Asia/Kathmandu", "2027-01-31T18:15:00Z", "2027-02-01 00:00:00"],
    ["America/St_Johns", "2027-01-31T03:29:59Z", "2027-01-30 23:59:59"],
    ["Australia/Lord_Howe", "2027-04-03T14:59:59Z", "2027-04-04 01:59:59"],
    ["Australia/Lord_Howe", "2027-04-03T15:00:00Z", "2027-04-04 01:30:00"],
  ])("in %s shows %s as %s", (zone, instant, shown) => {
    expect(zoneClock(zone).format(at(instant))).toBe(shown);
  });

  it("shows what the runtime shows, for any instant and zone", () => {
    const zones = [
      "Europe/Oslo",
      "America/Sao_Paulo",
      "Asia/Kolkata",
      "Pacific/Apia",
      "UTC",
      "Africa/Casablanca",
    ];
    fc.assert(
      fc.property(
        fc.date({ min: at("1971-01-01T00:00:00Z"), max: at("2090-01-01T00:00:00Z"), noInvalidDate: true }),
        fc.constantFrom(...zones),
        (instant, timeZone) => {
          const runtime = new Intl.DateTimeFormat("sv", {
            timeZone,
            dateStyle: "short",
            timeStyle: "medium",
          });
          expect(zoneClock(timeZone).format(instant)).toBe(runtime.format(instant));
        },
      ),
    );
  });

  it("has the earlier of two hours in autumn, and none that is passed over in spring", () => {
    const local = { year: 2027, month: 10, day: 31, hour: 2, minute: 30, second: 0 };
    expect(oslo.toInstant(local)).toEqual(at("2027-10-31T00:30:00Z"));
    expect(oslo.toInstant({ ...local, month: 3, day: 28 })).toBeNull();
    expect(oslo.toInstant({ ...local, month: 2, day: 30 })).toBeNull();
  });
});

describe("a time in a table", () => {
  it.each([
    ["2027-01-31", "2027-01-31T22:59:59Z"],
    ["31.01.2027", "2027-01-31T22:59:59Z"],
    ["1.7.2027", "2027-07-01T21:59:59Z"],
    ["2027-01-31 12:00", "2027-01-31T11:00:00Z"],
    ["31.01.2027 8:05", "2027-01-31T07:05:00Z"],
    ["2027-01-31T12:00:00Z", "2027-01-31T12:00:00Z"],
    ["2027-01-31T12:00:00+02:00", "2027-01-31T10:00:00Z"],
    ["2027-01-31T12:00:00.250Z", "2027-01-31T12:00:00.250Z"],
  ])("%s means %s by the clock in Oslo", (text, instant) => {
    expect(readWhen(text, oslo)).toEqual(at(instant));
  });

  it.each([
    "01/02/2027",
    "2027-02-30",
    "2027-02-30T00:00:00Z",
    "30.02.2027",
    "tomorrow",
    "2027",
    "20270131",
    "2027-01-31 25:00",
    "2027-01-31T12:00:00+99:00",
    "",
  ])("%j is refused", (text) => {
    expect(readWhen(text, utc)).toBeNull();
  });
});
