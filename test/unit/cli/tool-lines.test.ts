import { describe, expect, it } from "vitest";
import { toolLines } from "../../../cli/tools.ts";

/** What is said of a preparation with an event every 100 ms, by the second. */
function said(live: boolean, seconds: number): ReadonlyMap<number, string> {
  let now = 5_000;
  const start = now;
  const lines = toolLines(live, () => now);
  const result = new Map<number, string>();
  lines.take({ tool: "pulumi", state: "started", elapsedMs: 0 });
  for (let packages = 1; now - start < seconds * 1_000; packages++) {
    now += 100;
    lines.take({ tool: "pulumi", state: "working", detail: `${packages} packages`, elapsedMs: now - start });
    const line = lines.due();
    if (line !== undefined) result.set((now - start) / 1_000, line);
  }
  return result;
}

describe("the lines of a preparation", () => {
  it("come every ten seconds without a terminal, however often a tool tells", () => {
    expect([...said(false, 35)]).toEqual([
      [1, "pulumi: 10 packages (1.0 s)"],
      [11, "pulumi: 110 packages (11.0 s)"],
      [21, "pulumi: 210 packages (21.0 s)"],
      [31, "pulumi: 310 packages (31.0 s)"],
    ]);
  });

  it("come every second on a terminal", () => {
    expect([...said(true, 4).keys()]).toEqual([1, 2, 3, 4]);
  });

  it("come while a tool says nothing, and end with it", () => {
    let now = 0;
    const lines = toolLines(false, () => now);
    lines.take({ tool: "kafka", state: "working", detail: "fetching the jars", elapsedMs: 0 });
    now = 15_000;
    expect(lines.due()).toBe("kafka: fetching the jars (15.0 s)");
    now = 24_999;
    expect(lines.due()).toBeUndefined();
    now = 25_000;
    lines.take({ tool: "redis", state: "started", elapsedMs: 0 });
    expect(lines.due()).toBe("kafka: fetching the jars (25.0 s) · redis");
    lines.take({ tool: "kafka", state: "done", elapsedMs: 26_000 });
    lines.take({ tool: "redis", state: "failed", elapsedMs: 1_000 });
    now = 60_000;
    expect(lines.due()).toBeUndefined();
  });

  it("are none for what is found at once", () => {
    let now = 0;
    const lines = toolLines(false, () => now);
    lines.take({ tool: "kafka", state: "started", elapsedMs: 0 });
    now = 900;
    expect(lines.due()).toBeUndefined();
    lines.take({ tool: "kafka", state: "done", elapsedMs: 900 });
    now = 2_000;
    expect(lines.due()).toBeUndefined();
  });
});
