import { describe, expect, it } from "vitest";
import { KitError } from "../../../../cli/errors.ts";
import type { RunConnection } from "../../../../cli/load/run-database.ts";
import { lastingDatabase } from "../../../../cli/load/run-database.ts";

const restarting = (): Error =>
  Object.assign(new Error("terminating connection due to administrator command"), { code: "57P01" });
const refused = (): KitError =>
  new KitError("KIT_SERVER_UNREACHABLE", "PostgreSQL", {
    cause: Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }),
  });

/** A server whose connections and queries fail as told, in order; undefined succeeds. */
function server(
  connects: readonly (Error | undefined)[],
  queries: readonly (Error | undefined)[],
): { readonly connect: () => Promise<RunConnection>; readonly made: () => number; readonly ended: () => number } {
  const [connecting, answering] = [[...connects], [...queries]];
  let made = 0;
  let ended = 0;
  return {
    made: () => made,
    ended: () => ended,
    async connect() {
      const failure = connecting.shift();
      if (failure !== undefined) throw failure;
      made += 1;
      return {
        async query() {
          const wrong = answering.shift();
          if (wrong !== undefined) throw wrong;
          return { rows: [], rowCount: made };
        },
        async end() {
          ended += 1;
        },
      };
    },
  };
}
const options = { signal: new AbortController().signal, everyMs: 1 };

describe("a database that a run is read from", () => {
  it("is asked again on a new connection when the server has restarted, and counts how often it was away", async () => {
    const { connect, made, ended } = server(
      [undefined, refused(), refused()],
      [undefined, restarting(), undefined, restarting(), undefined],
    );
    const database = await lastingDatabase(connect, options);
    expect((await database.query("SELECT 1")).rowCount).toBe(1);
    expect((await database.query("SELECT 1")).rowCount).toBe(2);
    expect((await database.query("SELECT 1")).rowCount).toBe(3);
    expect({ made: made(), ended: ended(), times: database.interruptions().times }).toEqual({
      made: 3,
      ended: 2,
      times: 2,
    });
  });

  it("waits once for all that ask at the same time", async () => {
    const { connect, made } = server([undefined, refused()], [restarting(), restarting(), restarting()]);
    const database = await lastingDatabase(connect, options);
    await Promise.all([1, 2, 3].map(() => database.query("SELECT 1")));
    expect({ made: made(), times: database.interruptions().times }).toEqual({ made: 2, times: 1 });
  });

  it.each([
    ["a statement that is wrong", Object.assign(new Error("relation does not exist"), { code: "42P01" })],
    ["what is no error of the database", new TypeError("x is not a function")],
  ])("repeats nothing because of %s", async (_what, error) => {
    const { connect, made } = server([undefined], [error]);
    await expect((await lastingDatabase(connect, options)).query("SELECT 1")).rejects.toBe(error);
    expect(made()).toBe(1);
  });

  it("gives up after its limit with the last error", async () => {
    const { connect } = server([undefined, ...Array.from({ length: 10_000 }, refused)], [restarting()]);
    await expect((await lastingDatabase(connect, { ...options, limitMs: 30 })).query("SELECT 1")).rejects.toMatchObject(
      { code: "KIT_SERVER_UNREACHABLE" },
    );
  });

  it("stops waiting when the run is cancelled", async () => {
    const stopping = new AbortController();
    const { connect } = server([undefined, ...Array.from({ length: 10_000 }, refused)], [restarting()]);
    const database = await lastingDatabase(connect, { signal: stopping.signal, everyMs: 10 });
    const asked = database.query("SELECT 1");
    stopping.abort();
    await expect(asked).rejects.toMatchObject({ code: "KIT_CANCELLED" });
  });

  it("fails at once when it can't be reached in the beginning", async () => {
    await expect(lastingDatabase(server([refused()], []).connect, options)).rejects.toMatchObject({
      code: "KIT_SERVER_UNREACHABLE",
    });
  });
});
