/** A shipped stack, run by the real engine as a user would run it, against servers of a test. */

import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseDocument } from "yaml";
import { parseEvent, plainText, urnName, urnType } from "../../cli/pulumi/events.ts";
import { kitEnvironment, kitJson, PROJECT_DIR } from "../platform/kit-command.ts";

/** A step that a run made or would make on one resource. */
export interface Step {
  readonly op: string;
  readonly type: string;
  readonly name: string;
  /** Properties that differ. */
  readonly diffs: readonly string[];
}

/** Outcome of a run of the engine. */
export interface Run {
  readonly code: number;
  /** All its output. */
  readonly text: string;
  readonly elapsedMs: number;
  /** Steps other than `same`, sorted by type and name. */
  readonly steps: readonly Step[];
  /** Warnings and errors. */
  readonly complaints: readonly string[];
  /** Findings of a policy pack: `mandatory protected-resource order-events: …`. */
  readonly violations: readonly string[];
}

/** A value in the stack's settings. */
export type Setting = readonly [path: readonly (string | number)[], value: unknown];

/** A stack of a test: the shipped file with a few changed values, and its own state directory. */
export interface PlatformStack {
  readonly stateDir: string;
  /** Changes values below `platform:`; `undefined` takes one away. */
  set(...settings: readonly Setting[]): Promise<void>;
  /** Runs `pulumi` on the stack. */
  pulumi(
    args: readonly string[],
    options?: { readonly env?: Readonly<Record<string, string>>; readonly input?: string },
  ): Promise<Run>;
  /** A file below the state folder, by the path that the stack's settings want: relative to the project. */
  file(name: string, content: string): Promise<string>;
  remove(): Promise<void>;
}

/** Opens a shipped stack as the guide says: `eval "$(npx kit env --stack …)"`. */
export async function openPlatformStack(stack: string, env: Readonly<Record<string, string>>): Promise<PlatformStack> {
  const stateDir = await mkdtemp(join(tmpdir(), `kit-stack-${stack}-`));
  // Separate from the state: the engine's debug messages, which only this test requests, contain all values in plain text.
  const eventsDir = await mkdtemp(join(tmpdir(), `kit-events-${stack}-`));
  const platform = { stateDir, portBase: 0 };
  const variables = await kitJson<Record<string, string>>(platform, ["env", "--stack", stack]);
  // No test kills the engine here, and with hundreds of resources most of its time goes into intermediate states that no run reads.
  const environment = { ...kitEnvironment(platform), ...variables, PULUMI_SKIP_CHECKPOINTS: "true", ...env };
  const configFile = variables.PULUMI_OPTION_CONFIG_FILE ?? "";
  let runs = 0;
  const running = new Set<ChildProcess>();

  return {
    stateDir,
    async set(...settings) {
      const document = parseDocument(await readFile(configFile, "utf8"));
      for (const [path, value] of settings) {
        const place = ["config", "event-platform:platform", ...path];
        if (value === undefined) document.deleteIn(place);
        else document.setIn(place, document.createNode(value));
      }
      await writeFile(configFile, document.toString());
    },
    async pulumi(args, options = {}) {
      const eventLog = join(eventsDir, `${(runs += 1)}.jsonl`);
      const logged = ["up", "preview", "destroy", "refresh"].includes(args[0] ?? "");
      const started = performance.now();
      const { code, text } = await run(
        running,
        [...args, "--stack", stack, "--non-interactive", ...(logged ? ["--event-log", eventLog] : [])],
        { ...environment, PULUMI_DEBUG_COMMANDS: "1", ...options.env },
        options.input,
      );
      const elapsedMs = performance.now() - started;
      const events = logged ? await readEvents(eventLog) : { steps: [], complaints: [], violations: [] };
      return { code, text, elapsedMs, ...events };
    },
    async file(name, content) {
      const path = join(stateDir, name);
      await mkdir(join(path, ".."), { recursive: true });
      await writeFile(path, content);
      return relative(PROJECT_DIR, path);
    },
    async remove() {
      await Promise.all([...running].map(endGroup));
      await Promise.all([stateDir, eventsDir].map((folder) => rm(folder, { recursive: true, force: true })));
    },
  };
}

/** Ends a run after the test's timeout: the engine, the program and the plugins. */
async function endGroup(child: ChildProcess): Promise<void> {
  const ended = once(child, "close");
  if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  await ended;
}

function run(
  running: Set<ChildProcess>,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input = "",
): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((done, fail) => {
    const child = spawn("pulumi", args, { cwd: PROJECT_DIR, env, stdio: ["pipe", "pipe", "pipe"], detached: true });
    running.add(child);
    let text = "";
    const collect = (chunk: Buffer): void => {
      text += chunk.toString("utf8");
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("error", fail);
    child.once("close", (code) => {
      running.delete(child);
      done({ code: code ?? -1, text });
    });
    child.stdin.end(input);
  });
}

async function readEvents(file: string): Promise<Pick<Run, "steps" | "complaints" | "violations">> {
  const steps: Step[] = [];
  const complaints: string[] = [];
  const violations: string[] = [];
  for (const line of (await readFile(file, "utf8").catch(() => "")).split("\n")) {
    const event = parseEvent(line);
    const metadata = event?.resourcePreEvent?.metadata;
    if (metadata !== undefined && !["same", "read"].includes(metadata.op)) {
      steps.push({
        op: metadata.op,
        type: urnType(metadata.urn),
        name: urnName(metadata.urn),
        diffs: diffsOf(metadata),
      });
    }
    const broken = event?.policyEvent;
    if (broken !== undefined)
      violations.push(
        `${broken.enforcementLevel} ${broken.policyName} ${urnName(broken.resourceUrn ?? "")}: ${plainText(broken.message)}`,
      );
    const said = event?.diagnosticEvent;
    if (said !== undefined && said.ephemeral !== true && (said.severity === "warning" || said.severity === "error"))
      complaints.push(`${urnName(said.urn ?? "")}: ${plainText(said.message)}`);
    if (event?.errorEvent !== undefined) complaints.push(event.errorEvent.error);
  }
  return {
    steps: steps.sort((a, b) => order(`${a.type} ${a.name} ${a.op}`, `${b.type} ${b.name} ${b.op}`)),
    complaints,
    violations: violations.sort(order),
  };
}

function diffsOf(metadata: object): readonly string[] {
  const detailed: unknown = "detailedDiff" in metadata ? metadata.detailedDiff : undefined;
  return typeof detailed === "object" && detailed !== null ? Object.keys(detailed).sort(order) : [];
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
