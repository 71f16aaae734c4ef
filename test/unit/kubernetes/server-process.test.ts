import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServer, untilAlive } from "../../kubernetes/servers/server-process.ts";

/** Far beyond the test's own limit: only a wait that gives up by itself passes. */
const NEVER_MS = 600_000;

describe("waiting for a server of the tests", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "kit-server-process-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("ends with the server's last words when it has ended", async () => {
    const server = startServer("brief", [process.execPath, "-e", "console.error('no stages found'); process.exit(3)"], {
      folder,
    });
    await expect(server.until("readiness", async () => false, NEVER_MS)).rejects.toThrow(
      /^brief ended \(3\) while waiting for readiness:\nno stages found$/,
    );
  });

  it("ends when one of several has ended, whichever is asked about", async () => {
    const lasting = startServer("lasting", [process.execPath, "-e", "setInterval(() => {}, 1000)"], { folder });
    const brief = startServer("other", [process.execPath, "-e", "process.exit(4)"], { folder });
    try {
      await expect(
        untilAlive([lasting, brief], "nodes", () => Promise.reject(new Error("connection refused")), NEVER_MS),
      ).rejects.toThrow(/^other ended \(4\) while waiting for nodes/);
    } finally {
      await lasting.stop();
    }
  });

  it("says at its limit what each server wrote, and the last mistake", async () => {
    const server = startServer(
      "silent",
      [process.execPath, "-e", "console.log('still thinking'); setInterval(() => {}, 1000)"],
      { folder },
    );
    try {
      await server.until("its first words", async () => (await server.lastLines()).includes("still"), 20_000);
      const failure = await untilAlive(
        [server],
        "an answer",
        () => Promise.reject(new Error("connection refused")),
        1,
      ).catch((error: unknown) => error);
      expect(failure).toMatchObject({
        message: "Waited 1 ms for an answer.\nsilent:\nstill thinking",
        cause: { message: "connection refused" },
      });
    } finally {
      await server.stop();
    }
  });
});
