import fc from "fast-check";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { isLongService, plainOrQuoted, serviceLines } from "../../../../cli/new-service/yaml-lines.ts";

it.each([
  ["order-events", "order-events"],
  ["a_b.c", "a_b.c"],
  ["9-lives", '"9-lives"'],
  ["null", '"null"'],
  ["Off", '"Off"'],
  ["It's a state, once (or twice).", "It's a state, once (or twice)."],
  ["a: b", '"a: b"'],
  ["a #b", '"a #b"'],
  ["", '""'],
  ["ends ", '"ends "'],
])("%j is written %s", (text, written) => {
  expect(plainOrQuoted(text)).toBe(written);
});

it("what is written is read back as the same text, as a value and as a key", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."aZ09 ,.;()'/_-:#") })), (text) => {
      expect(parse(`k: ${plainOrQuoted(text)}\n`)).toEqual({ k: text });
      expect(Object.keys(parse(`${plainOrQuoted(text)}: 1\n`) as object)).toEqual([text]);
    }),
  );
});

it("a service's entry goes below its key where the line in the file would have more than 110 characters", () => {
  const fits = `{quota: ${"9".repeat(110 - 6 - "a: {quota: }".length)}}`;
  expect([isLongService("a", fits), serviceLines("a", fits)]).toEqual([false, [`a: ${fits}`]]);
  const long = fits.replace("9}", "99}");
  expect([isLongService("a", long), serviceLines("a", long)]).toEqual([true, ["a:", `  ${long}`]]);
});
