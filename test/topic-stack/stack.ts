/** A temporary Pulumi project that declares only topics and access to them, run by the real engine on its own file backend. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { begunTopicsFile } from "../../cli/pulumi/begun-creations.ts";
import type { MendedState } from "../../cli/pulumi/engine.ts";
import { mendState } from "../../cli/pulumi/engine.ts";
import { clearStaleLocks } from "../../cli/pulumi/lock.ts";
import { removeTornAttributes } from "../../cli/pulumi/torn-attributes.ts";
import { BEGUN_TOPICS_VARIABLE } from "../../components/kafka/begun-topics.ts";
import type { PlannedTopic } from "../../components/plan/types.ts";
import { pulumiEnvironment } from "../../toolchain/pulumi/pulumi-environment.ts";
import type { DeclaredAccess } from "./program.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** How a run of the engine ended. */
export interface EngineResult {
  readonly code: number;
  readonly text: string;
  readonly elapsedMs: number;
}

/** The project. */
export interface TopicStack {
  readonly folder: string;
  /** The backend's state of the stack. */
  readonly stateFile: string;
  /** What the next run declares. */
  declare(
    topics: readonly PlannedTopic[],
    options?: { readonly protect?: boolean; readonly access?: DeclaredAccess },
  ): Promise<void>;
  /** Runs `pulumi` with the flags that `kit` gives it; `flags` replaces those. `onText` is given all that was written so far, with each piece. */
  pulumi(
    args: readonly string[],
    options?: {
      readonly flags?: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
      readonly signal?: AbortSignal;
      readonly onText?: (text: string) => void;
    },
  ): Promise<EngineResult>;
  /** The preparation of `kit up` before a run: repairs a state so that it can be continued. */
  mend(): Promise<MendedState>;
  remove(): Promise<void>;
}

/** A planned topic with one partition and one replica. */
export function plainTopic(name: string, overrides: Partial<PlannedTopic> = {}): PlannedTopic {
  return {
    name,
    kind: "event",
    domain: "test",
    owner: "test",
    partitions: 1,
    replicationFactor: 1,
    config: { "cleanup.policy": "delete", "retention.ms": "86400000" },
    source: { file: "topics/test.yaml", line: 1, column: 1 },
    ...overrides,
  };
}

/** Makes the project and its stack `test`. */
export async function openTopicStack(bootstrap: string): Promise<TopicStack> {
  const folder = await mkdtemp(join(tmpdir(), "topic-stack-"));
  const declaration = join(folder, "declaration.json");
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "topic-stack", type: "module" }));
  await writeFile(
    join(folder, "Pulumi.yaml"),
    `name: topic-stack\nmain: index.ts\nruntime: {name: nodejs, options: {typescript: false}}\nplugins: {providers: [{name: kit, path: ${join(ROOT, "components/provider")}}]}\n`,
  );
  await writeFile(
    join(folder, "index.ts"),
    `import { declareTopicStack } from "${join(ROOT, "test/topic-stack/program.ts")}";\nawait declareTopicStack();\n`,
  );
  await mkdir(join(folder, "engine"));
  const engine = await pulumiEnvironment({ stateDir: join(folder, "engine"), projectDir: folder });
  const stateDir = join(folder, "engine");
  const environment = {
    ...process.env,
    ...engine,
    TOPIC_STACK: declaration,
    NO_COLOR: "1",
    [BEGUN_TOPICS_VARIABLE]: begunTopicsFile(stateDir),
  };
  const backendDir = join(stateDir, "pulumi");
  const stateFile = join(backendDir, ".pulumi", "stacks", "topic-stack", "test.json");
  const configFile = join(folder, "Pulumi.test.yaml");
  const files = {
    stack: "test",
    project: "topic-stack",
    folder,
    backendDir,
    stateFile,
    sharedFile: configFile,
    configFile,
  };

  const stack: TopicStack = {
    folder,
    stateFile,
    async declare(topics, { protect = false, access } = {}) {
      await writeFile(declaration, JSON.stringify({ bootstrap, topics, protect, access }));
    },
    pulumi: (args, { flags = ["--parallel", "64"], env = {}, signal, onText } = {}) =>
      new Promise((done, fail) => {
        const started = performance.now();
        const child = spawn(
          "pulumi",
          [
            ...args,
            "--stack",
            "test",
            "--non-interactive",
            ...(args[0] === "up" || args[0] === "destroy" ? ["--yes", "--skip-preview", ...flags] : []),
          ],
          {
            cwd: folder,
            env: { ...environment, ...env },
            stdio: ["ignore", "pipe", "pipe"],
            detached: true,
          },
        );
        let text = "";
        const collect = (chunk: Buffer): void => {
          text += chunk.toString("utf8");
          onText?.(text);
        };
        child.stdout.on("data", collect);
        child.stderr.on("data", collect);
        // The whole group: engine, language host and plugins, as when a machine's runner is killed.
        signal?.addEventListener("abort", () => {
          if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        });
        child.once("error", fail);
        child.once(signal === undefined ? "close" : "exit", (code) =>
          done({ code: code ?? -1, text, elapsedMs: performance.now() - started }),
        );
      }),
    async mend() {
      await clearStaleLocks(backendDir, "topic-stack", "test");
      await removeTornAttributes(stateFile);
      return await mendState({ stateDir, environment, files });
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  const initialised = await stack.pulumi(["stack", "init"]);
  if (initialised.code !== 0) throw new Error(initialised.text);
  return stack;
}

/** Names of the topics that the state holds. */
export async function topicsInState(stack: TopicStack): Promise<readonly string[]> {
  const state: {
    readonly checkpoint: {
      readonly latest?: { readonly resources?: readonly { readonly type: string; readonly id?: string }[] };
    };
  } = JSON.parse(await readFile(stack.stateFile, "utf8"));
  return (state.checkpoint.latest?.resources ?? [])
    .flatMap(({ type, id }) => (type === "kafka:index/topic:Topic" && id !== undefined ? [id] : []))
    .toSorted();
}
