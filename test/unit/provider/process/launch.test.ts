import { describe, expect, test } from "vitest";
import { awaitTrace, launch } from "../../../../components/provider/process/launch.ts";
import { makeFolders, makeNonce, pathsOf, writeIntent } from "../../../../components/provider/process/record.ts";
import { openWorkbench } from "./workbench.ts";

describe("awaitTrace", () => {
  test("a process that leaves its trace and ends during a look is not taken for lost", async () => {
    let ended = false;
    const looks = [
      () => {
        ended = true;
        return undefined;
      },
      () => "its trace",
    ];
    expect(
      await awaitTrace(
        () => Promise.resolve(looks.shift()?.()),
        () => ended,
        1_000,
      ),
    ).toBe("its trace");
  });

  test("one that ended before a look that finds nothing is lost, and so is one that is silent for too long", async () => {
    const nothing = () => Promise.resolve(undefined);
    expect(await awaitTrace(nothing, () => true, 60_000)).toBeUndefined();
    expect(await awaitTrace(nothing, () => false, 20)).toBeUndefined();
  });
});

describe("launch", () => {
  test("a command that ends at once has left its identity, however busy the machine is", async () => {
    await using bench = await openWorkbench();
    const { stateDir } = bench.specify({
      name: "any",
      command: ["/bin/true"],
      readiness: { tcp: { host: "127.0.0.1", port: 1 }, timeoutSeconds: 1 },
    });
    const starts = Array.from({ length: 80 }, async (_, index) => {
      const name = `short-${index}`;
      const paths = pathsOf(stateDir, name);
      await makeFolders(paths);
      const nonce = makeNonce();
      await writeIntent(paths, nonce);
      const { identity, ended } = await launch({
        name,
        paths,
        nonce,
        command: ["/bin/true"],
        env: {},
        workingDirectory: stateDir,
        privilege: { kind: "same" },
      });
      expect(await ended).toEqual({ code: 0, signal: null });
      return identity.pid;
    });
    const pids = await Promise.all(starts);
    expect(new Set(pids).size).toBe(starts.length);
  });
});
