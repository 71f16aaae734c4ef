import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { insist } from "../../../../cli/chaos/demands.ts";
import { DEPARTURES, departures } from "../../../../cli/chaos/faults/disconnects.ts";
import type { FaultCourse } from "../../../../cli/chaos/faults/fault.ts";
import { runFault } from "../../../../cli/chaos/faults/fault.ts";
import type { Site } from "../../../../cli/chaos/site.ts";
import { undoable, undoLeftovers } from "../../../../cli/chaos/undo.ts";
import { seededRandom } from "../../../../cli/load/seeded-random.ts";

const NO_DATABASE = { database: () => Promise.reject(new Error("no database is needed here")) };

describe("a storm of early departures", () => {
  it("is the same for the same seed, leaves in every way, and keeps few waiting", () => {
    fc.assert(
      fc.property(fc.integer({ min: 500, max: 5_000 }), fc.integer({ min: 0, max: 999_999 }), (requests, seed) => {
        const drawn = departures(requests, seededRandom(seed));
        expect(drawn).toEqual(departures(requests, seededRandom(seed)));
        expect(drawn).toHaveLength(requests);
        expect(new Set(drawn)).toEqual(new Set(DEPARTURES));
        expect(drawn.filter((departure) => departure === "half-open" || departure === "slow")).toHaveLength(40);
      }),
      { numRuns: 30 },
    );
  });
});

describe("a demand on the healed platform", () => {
  const signal = new AbortController().signal;

  it("is looked at until it is met", async () => {
    let reading = 3;
    expect(
      await insist({ signal }, { what: "left", read: async () => (reading -= 1), met: (_, after) => after === 0 }, 0),
    ).toEqual({ what: "left", seen: "0", met: true });
  });

  it("is not met when its time is over, or nobody answers", async () => {
    expect(
      await insist({ signal }, { what: "left", read: async () => 1, met: (_, after) => after === 0, limitMs: 0 }, 0),
    ).toEqual({ what: "left", seen: "1", met: false });
    expect(
      await insist(
        { signal },
        { what: "left", read: () => Promise.reject(new Error("away")), met: (_, after) => after === 0, limitMs: 0 },
        0,
      ),
    ).toMatchObject({ seen: "no answer", met: false });
  });
});

describe("the course of a fault", () => {
  const course = (log: string[], more: Partial<FaultCourse>): FaultCourse => ({
    name: "fault",
    at: 0,
    lengthMs: 0,
    probes: [
      {
        what: "struck",
        when: "during",
        read: async () => log.filter((entry) => entry === "strike").length,
        felt: (before, after) => after > before,
      },
    ],
    strike: async () => {
      log.push("strike");
    },
    heal: async () => {
      log.push("heal");
    },
    ...more,
  });
  const site = { now: () => 0, note: () => undefined, signal: new AbortController().signal } as unknown as Site;

  it("shows what the project asks for beside, with its time from the strike to the healing", async () => {
    const log: string[] = [];
    const window = { from: 0, to: 0 };
    let now = 100;
    const felt = await runFault(
      {
        ...site,
        now: () => (now += 1),
        beside: {
          window,
          probes: [{ what: "shown", when: "after", read: async () => log.length, felt: (_, after) => after === 2 }],
          demands: [
            {
              what: "window",
              read: async () => `${window.from > 0} ${window.to > window.from}`,
              met: (_, after) => after === "true true",
            },
          ],
        },
      },
      course(log, {}),
    );
    expect(felt).toMatchObject({
      felt: true,
      evidence: [{ what: "struck" }, { what: "shown" }],
      demands: [{ what: "window", met: true }],
    });
  });

  it("takes demands once it is healed, against what was before", async () => {
    const log: string[] = [];
    const fault = await runFault(
      site,
      course(log, {
        demands: [
          {
            what: "healed",
            read: async () => log.join(" "),
            met: (before, after) => before === "" && after === "strike heal",
          },
        ],
      }),
    );
    expect(fault).toMatchObject({ felt: true, demands: [{ what: "healed", seen: "strike heal", met: true }] });
  });

  it("heals what could not be done to its end", async () => {
    const log: string[] = [];
    await expect(
      runFault(site, course(log, { strike: () => Promise.reject(new Error("half of it")) })),
    ).rejects.toThrow("half of it");
    expect(log).toEqual(["heal"]);
  });
});

describe("what outlives the run that did it", () => {
  let folder = "";
  const taken: { url: string; body: string }[] = [];
  let refuse = false;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.once("end", () => {
      taken.push({ url: request.url ?? "", body });
      response.writeHead(refuse ? 503 : 200).end("{}");
    });
  });
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/faults/clock`;
  const open = (): Promise<string[]> => readdir(join(folder, "chaos", "open")).catch(() => []);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "chaos-undo-"));
    taken.length = 0;
    refuse = false;
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
    await rm(folder, { recursive: true, force: true });
  });

  it("is noted before it is done, and struck out when it is undone", async () => {
    const undo = await undoable(
      NO_DATABASE,
      folder,
      [{ kind: "put", urls: [url()], body: { offsetMs: 0 } }],
      async () => {
        expect(await open()).toHaveLength(1);
      },
    );
    expect(taken).toEqual([]);
    await undo();
    expect(taken).toEqual([{ url: "/faults/clock", body: '{"offsetMs":0}' }]);
    expect(await open()).toEqual([]);
  });

  it("is undone at once when it could not be done to its end", async () => {
    await expect(
      undoable(NO_DATABASE, folder, [{ kind: "put", urls: [url()], body: { offsetMs: 0 } }], () =>
        Promise.reject(new Error("half of it")),
      ),
    ).rejects.toThrow("half of it");
    expect(taken).toHaveLength(1);
    expect(await open()).toEqual([]);
  });

  it("is undone by the next run when the one that did it was killed", async () => {
    await undoable(
      NO_DATABASE,
      folder,
      [{ kind: "put", urls: ["http://127.0.0.1:1/away", url()], body: { offsetMs: 0 } }],
      () => Promise.resolve(),
    );
    expect(await undoLeftovers(NO_DATABASE, folder)).toBe(1);
    expect(taken).toHaveLength(1);
    expect(await undoLeftovers(NO_DATABASE, folder)).toBe(0);
  });

  it("stays noted when it can't be undone now", async () => {
    const undo = await undoable(NO_DATABASE, folder, [{ kind: "put", urls: [url()], body: { offsetMs: 0 } }], () =>
      Promise.resolve(),
    );
    refuse = true;
    await expect(undo()).rejects.toMatchObject({ code: "KIT_CHAOS_FAILED" });
    expect(await open()).toHaveLength(1);
  });
});
