/** A project without the sample, with one small service of its own, on real servers. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Verdict } from "../../cli/verify/verdict.ts";
import { eventually } from "../platform/condition.ts";
import { freePortBase } from "../platform/free-ports.ts";
import { kitJson, runKit } from "../platform/kit-command.ts";
import { logEnds } from "../platform/log-ends.ts";
import type { OtherProject } from "../platform/other-project.ts";
import { otherProject } from "../platform/other-project.ts";
import type { Status } from "../platform/processes.ts";
import { processesMentioning } from "../platform/processes.ts";
import type { TestPlatform } from "../platform/test-platform.ts";
import { statusFile } from "../platform/test-platform.ts";

let project: OtherProject;
let platform: TestPlatform;

beforeAll(async () => {
  project = await otherProject();
  platform = { stateDir: await mkdtemp(join(tmpdir(), "event-platform-other-")), portBase: await freePortBase() };
  const options = { projectDir: project.dir };
  expect(await runKit(platform, ["generate", "events"], options)).toMatchObject({ code: 0 });
  const up = await runKit(platform, ["up"], { ...options, timeoutMs: 480_000 });
  expect(up.code, `${up.stderr}\n${up.code === 0 ? "" : await logEnds(platform.stateDir)}`).toBe(0);
});
afterAll(async () => {
  const down = await runKit(platform, ["down"], { projectDir: project.dir });
  await rm(platform.stateDir, { recursive: true, force: true });
  await project.remove();
  expect(down.code, down.stderr).toBe(0);
  expect(processesMentioning(platform.stateDir)).toEqual([]);
});

describe("the platform of a project with one small service", () => {
  it("brings a note from a request through the outbox and the topic to the handler", async () => {
    const { [project.service]: service } = statusFile(platform).endpoints.services;
    const response = await fetch(`${service?.http}/notes`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: "milk" }),
    });
    expect(response.status).toBe(202);
    const { noteId } = (await response.json()) as { noteId: string };
    await eventually(
      "the note to be read",
      async () => {
        const { read } = (await (await fetch(`${service?.http}/notes/${noteId}`)).json()) as { read: boolean };
        return read || undefined;
      },
      60_000,
    );
  });

  it("is verified: outbox against topic, inbox against group", async () => {
    const { holds, invariants } = await kitJson<Verdict>(platform, ["verify"], { projectDir: project.dir });
    expect(holds).toBe(true);
    const figures = new Map(invariants.map((invariant) => [invariant.name, invariant.figures]));
    expect(figures.get("outboxes and topics match")).toMatchObject({ published: 1, records: 1, missing: 0 });
    expect(figures.get("consumed = applied + copies + dead letters")).toMatchObject({
      [project.service]: { wanted: 1, applied: 1 },
    });
    expect(figures.get("order of events per key")).toMatchObject({ events: 1, keys: 1 });
    expect(figures.get("consumer groups at the end of their topics")).toMatchObject({ groups: 1, lag: 0 });
  });

  it("is shown by status with its own processes", async () => {
    const { processes, state } = await kitJson<Status>(platform, ["status"], { projectDir: project.dir });
    expect(state).toBe("running");
    expect(processes.filter(({ role }) => role === "service").map(({ name }) => name)).toEqual([project.service]);
    expect(processes.filter(({ role }) => role === "broker")).toHaveLength(3);
  });
});
