import { describe, expect, it } from "vitest";
import { formatBytes, formatElapsed, parseDuration, parseQuantity } from "../../../cli/terminal/quantities.ts";

describe("durations on the command line", () => {
  it.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["2d", 172_800_000],
  ])("%s", (value, ms) => {
    expect(parseDuration(value)).toBe(ms);
  });

  it.each(["", "30", "s", "1.5s", "-1s", "1 h", "1w", "1S"])("refuses %j", (value) => {
    expect(() => parseDuration(value)).toThrow(expect.objectContaining({ code: "KIT_BAD_DURATION", exitCode: 2 }));
  });
});

it.each(["0", "-1", "1.5", "", "x", "1e3"])("refuses the quantity %j", (value) => {
  expect(() => parseQuantity(value)).toThrow(expect.objectContaining({ code: "KIT_USAGE" }));
});

it.each([
  [0, "0 ms"],
  [740, "740 ms"],
  [8_240, "8.2 s"],
  [59_990, "1 min 0 s"],
  [185_000, "3 min 5 s"],
])("%d ms reads %s", (ms, words) => {
  expect(formatElapsed(ms)).toBe(words);
});

it.each([
  [0, "0 KiB"],
  [524_288, "512 KiB"],
  [149_946_368, "143 MiB"],
  [1_825_361_101, "1.7 GiB"],
])("%d bytes read %s", (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words);
});
