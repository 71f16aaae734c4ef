import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { durationUnits, formatDuration, parseDuration } from "../../../components/model/values/duration.ts";
import { formatQuantity, parseQuantity, quantityPattern } from "../../../components/model/values/quantity.ts";
import { formatRate, parseRate, rateUnits } from "../../../components/model/values/rate.ts";
import { formatSize, parseSize, sizeUnits } from "../../../components/model/values/size.ts";

describe("values with units", () => {
  test.each([
    [parseDuration("7d"), 604_800_000],
    [parseDuration("30m"), 1_800_000],
    [parseDuration("0ms"), 0],
    [parseSize("1MB"), 1_000_000],
    [parseSize("10MiB"), 10_485_760],
    [parseSize("512B"), 512],
    [parseRate("10MiB/s"), 10_485_760],
    [parseRate("1kB/s"), 1_000],
  ])("%j is %d", (read, value) => expect(read).toEqual({ ok: true, value }));

  test.each([
    [parseDuration, "7", /unit is missing/, /7d/],
    [parseDuration, "7D", /unknown unit/, /did you mean 7d\?/],
    [parseDuration, "9 d", /blanks/, /^write 9d$/],
    [parseDuration, "09d", /leading zeros/, /^write 9d$/],
    [parseDuration, "1.5h", /whole number/, /7d/],
    [parseDuration, "-5m", /whole number/, /7d/],
    [parseDuration, "2w", /unknown unit "w"/, /^did you mean 14d\?$/],
    [parseDuration, "7 days", /unknown unit "days"/, /^did you mean 7d\?$/],
    [parseDuration, "7 moons", /unknown unit "moons"/, /ms, s, m, h, d/],
    [parseDuration, "9007199254740991w", /unknown unit/, /ms, s, m, h, d/],
    [parseDuration, "", /whole number/, /7d/],
    [parseDuration, "99999999999999999999d", /too long/, /7d/],
    [parseDuration, "999999999999999d", /too large/, /7d/],
    [parseDuration, "1constructor", /unknown unit/, /ms/],
    [parseSize, "10mib", /unknown unit/, /10MiB/],
    [parseRate, "5MiB", /unknown unit "MiB"/, /^did you mean 5MiB\/s\?$/],
    [parseRate, "5 MiB/s", /blanks/, /^write 5MiB\/s$/],
  ])("%o refuses %j", (parse, text, why, fix) => {
    const read = parse(text);
    expect(read.ok).toBe(false);
    if (read.ok) return;
    expect(read.message).toContain(JSON.stringify(text));
    expect(read.message).toMatch(why);
    expect(read.fix).toMatch(fix);
  });

  test.each([
    [formatDuration(604_800_000), "7d"],
    [formatDuration(90_000), "90s"],
    [formatDuration(0), "0ms"],
    [formatSize(10_485_760), "10MiB"],
    [formatSize(1_000_000), "1MB"],
    [formatRate(10_485_760), "10MiB/s"],
  ])("prints %j", (printed, wanted) => expect(printed).toBe(wanted));

  it("reads back what it prints, in every family", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(durationUnits, sizeUnits, rateUnits),
        fc.nat({ max: Number.MAX_SAFE_INTEGER }),
        (family, value) => {
          const printed = formatQuantity(value, family);
          expect(printed).toMatch(new RegExp(quantityPattern(family)));
          expect(parseQuantity(printed, family)).toEqual({ ok: true, value });
        },
      ),
    );
  });

  it("accepts exactly what the pattern for editors accepts, up to the largest number", () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .tuple(
          fc.nat({ max: 1_000_000 }),
          fc.constantFrom("", " "),
          fc.constantFrom("ms", "s", "d", "MiB", "MiB/s", "x"),
        )
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(fc.constantFrom(durationUnits, sizeUnits, rateUnits), text, (family, candidate) => {
        expect(parseQuantity(candidate, family).ok).toBe(new RegExp(quantityPattern(family)).test(candidate));
      }),
    );
  });
});
