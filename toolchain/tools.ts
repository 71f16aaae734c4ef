import { dirname } from "node:path";
import { ToolchainError } from "./errors.ts";
import { findGo } from "./making/go.ts";
import { findMaven, mavenMissing } from "./making/maven.ts";
import { findNode, linkNode, prepareNode } from "./node.ts";
import { findPlugin, type PluginName, preparePlugin, refreshPulumiHome } from "./pulumi/plugins.ts";
import { findPulumi, preparePulumi } from "./pulumi/pulumi.ts";
import { findApicurio, prepareApicurio } from "./servers/apicurio.ts";
import { findJava, supportsAotCache } from "./servers/java.ts";
import { findKafka, javaMissing, prepareKafka } from "./servers/kafka.ts";
import { findPostgresql, preparePostgresql } from "./servers/postgresql.ts";
import { findRedis, prepareRedis } from "./servers/redis.ts";
import type { Report, Tool, ToolName, ToolStatus, ToolTable } from "./tool.ts";
import { MINIMUM, PINNED } from "./versions.ts";

/** Receives each step of a preparation. */
export type ToolProgress = (event: {
  tool: string;
  state: "started" | "working" | "done" | "failed";
  detail?: string;
  /** Milliseconds since the start of the tool's preparation. */
  elapsedMs: number;
}) => void;

/** Every tool, in display order. */
export const ALL_TOOLS: readonly ToolName[] = [
  "node",
  "java",
  "maven",
  "go",
  "pulumi",
  "pulumi-language-nodejs",
  "pulumi-resource-kafka",
  "pulumi-resource-postgresql",
  "pulumi-resource-kubernetes",
  "kafka",
  "apicurio",
  "postgresql",
  "redis",
];

/**
 * Tools that the `local` stack needs. Maven and Go are not included: they are needed only to fetch or build a missing
 * tool, whose error then names them.
 */
export const LOCAL_TOOLS: readonly ToolName[] = [
  "node",
  "java",
  "pulumi",
  "pulumi-language-nodejs",
  "pulumi-resource-kafka",
  "pulumi-resource-postgresql",
  "kafka",
  "apicurio",
  "postgresql",
  "redis",
];

const PREPARE = "Run `npx kit doctor --fix`.";

/** How to find and make each tool. */
export const TOOLS: Readonly<Record<ToolName, Tool>> = {
  node: {
    find: async () => {
      const node = await findNode();
      return node && { version: node.version, path: node.binary, origin: node.origin };
    },
    prepare: prepareNode,
    missing: () => notPrepared(`No Node >= ${MINIMUM.node}: neither the running one, nor on PATH, nor in the cache.`),
  },
  java: {
    find: async () => {
      const java = await findJava();
      if (java === undefined) return undefined;
      const detail = supportsAotCache(java)
        ? undefined
        : "a JDK >= 25 would start the servers from an ahead-of-time cache";
      return {
        version: java.version,
        path: java.binary,
        origin: "installed",
        ...(detail === undefined ? {} : { detail }),
      };
    },
    missing: () => asMissing(javaMissing()),
  },
  maven: {
    find: async () => {
      const maven = await findMaven();
      return maven && { version: maven.version, path: maven.binary, origin: "installed" };
    },
    missing: () => asMissing(mavenMissing()),
  },
  go: {
    find: async () => {
      const go = await findGo();
      return go && { version: go.version, path: go.binary, origin: "installed" };
    },
    missing: () => ({
      reason: `No Go >= ${MINIMUM.go} on PATH. It is wanted only where the Pulumi CLI or a plugin is neither installed nor downloadable.`,
      fix: "Nothing to do when pulumi and its plugins are found; else install Go (https://go.dev/doc/install).",
    }),
  },
  pulumi: {
    find: async () => {
      const pulumi = await findPulumi();
      return pulumi && { version: pulumi.version, path: pulumi.binary, origin: pulumi.origin };
    },
    prepare: preparePulumi,
    missing: () => notPrepared(`No Pulumi CLI >= ${MINIMUM.pulumi} with its Node.js language host beside it.`),
  },
  "pulumi-language-nodejs": {
    find: async () => {
      const pulumi = await findPulumi();
      if (pulumi === undefined) return undefined;
      const version = pulumi.origin === "built" ? PINNED.pulumiLanguageNodejs : pulumi.version;
      return { version, path: pulumi.languageHost, origin: pulumi.origin };
    },
    prepare: preparePulumi,
    after: ["pulumi"],
    missing: () => notPrepared("The Pulumi CLI's language host for Node.js is not prepared yet."),
  },
  "pulumi-resource-kafka": plugin("kafka"),
  "pulumi-resource-postgresql": plugin("postgresql"),
  "pulumi-resource-kubernetes": plugin("kubernetes"),
  kafka: {
    find: async () => {
      const kafka = await findKafka();
      if (kafka === undefined) return undefined;
      const detail = kafka.aotCache === undefined ? "without an ahead-of-time cache" : "with an ahead-of-time cache";
      return {
        version: PINNED.kafka,
        path: dirname(kafka.classPath.split(":")[0] ?? ""),
        origin: "downloaded",
        detail,
      };
    },
    prepare: prepareKafka,
    after: ["java"],
    missing: () => notPrepared(`Kafka ${PINNED.kafka} is not prepared yet.`),
  },
  apicurio: {
    find: async () => {
      const registry = await findApicurio();
      if (registry === undefined) return undefined;
      const trained = registry.jvmFlags.some((flag) => flag.startsWith("-XX:AOTCache="));
      const detail = trained ? "with an ahead-of-time cache" : "without an ahead-of-time cache";
      return { version: PINNED.apicurio, path: registry.folder, origin: "downloaded", detail };
    },
    prepare: prepareApicurio,
    // Two concurrent training runs would each record less in their time, and both fetch with Maven.
    after: ["java", "kafka"],
    missing: () => notPrepared(`Apicurio Registry ${PINNED.apicurio} is not prepared yet.`),
  },
  postgresql: {
    find: async () => {
      const server = await findPostgresql();
      return server && { version: server.version, path: server.binDir, origin: server.origin };
    },
    prepare: preparePostgresql,
    missing: () =>
      notPrepared(
        `No PostgreSQL server >= ${MINIMUM.postgresql.split(".")[0]} on PATH or where this system keeps its servers.`,
      ),
  },
  redis: {
    find: async () => {
      const redis = await findRedis();
      return (
        redis && {
          version: redis.version,
          path: redis.server,
          origin: redis.origin,
          detail: redis.tls ? "with TLS" : "without TLS",
        }
      );
    },
    prepare: prepareRedis,
    missing: () => notPrepared(`No Redis server >= ${MINIMUM.redis.split(".")[0]} on PATH.`),
  },
};

/**
 * Looks for one tool. It is fast and never makes anything.
 *
 * @param table - The known tools. Default: those of users.
 */
export async function locateTool(name: string, table: ToolTable = TOOLS): Promise<ToolStatus> {
  const tool = toolOf(name, table);
  const found = await tool.find();
  return found === undefined ? { found: false, name, ...tool.missing() } : { found: true, name, ...found };
}

/**
 * Makes the missing tools, in parallel unless one waits for another, and links what the engine looks for. Existing
 * tools are kept. Every tool is tried, even if another one fails.
 *
 * @param table - The known tools. Default: those of users.
 * @throws ToolchainError The first failure (code, message, fix).
 */
export async function prepareTools(
  names: readonly string[],
  progress: ToolProgress,
  table: ToolTable = TOOLS,
): Promise<void> {
  const running = new Map<string, Promise<void>>();
  const start = (name: string): Promise<void> => {
    const known = running.get(name);
    if (known !== undefined) return known;
    // Only the requested tools are prepared. A tool waits for an earlier one only if that one was requested too.
    const before = (toolOf(name, table).after ?? []).filter((other) => names.includes(other)).map(start);
    const preparation = Promise.allSettled(before).then(() => prepareTool(name, toolOf(name, table), progress));
    running.set(name, preparation);
    return preparation;
  };
  const results = await Promise.allSettled(names.map(start));
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  const node = await findNode();
  if (names.includes("node") && node !== undefined) await linkNode(node.binary);
  await refreshPulumiHome(PLUGINS.filter((plugin) => names.includes(`pulumi-resource-${plugin}`)));
}

const PLUGINS: readonly PluginName[] = ["kafka", "postgresql", "kubernetes"];

function toolOf(name: string, table: ToolTable): Tool {
  const tool = table[name];
  if (tool === undefined) throw new Error(`There is no tool ${name}; there are ${Object.keys(table).join(", ")}.`);
  return tool;
}

async function prepareTool(name: string, tool: Tool, progress: ToolProgress): Promise<void> {
  const startedAt = performance.now();
  const tell = (state: "started" | "working" | "done" | "failed", detail?: string): void =>
    progress({
      tool: name,
      state,
      ...(detail === undefined ? {} : { detail }),
      elapsedMs: Math.round(performance.now() - startedAt),
    });
  tell("started");
  try {
    if (tool.prepare === undefined) {
      if ((await tool.find()) === undefined) {
        const { reason, fix } = tool.missing();
        throw new ToolchainError("TOOL_MISSING", reason, fix);
      }
    } else {
      await tool.prepare(compilerLines((detail) => tell("working", detail)));
    }
    tell("done");
  } catch (error) {
    tell("failed", error instanceof Error ? error.message : String(error));
    throw error;
  }
}

/**
 * Returns a reporter that counts compiled packages, because Go prints thousands of lines, one per package. The caller
 * decides how often it shows the count.
 */
function compilerLines(report: Report): Report {
  let packages = 0;
  return (line) => {
    if (/^[\w.-]+(\/[\w.@!~-]+)*$/.test(line)) {
      packages += 1;
      report(`building, ${packages} ${packages === 1 ? "package" : "packages"} compiled`);
    } else if (line.startsWith("go: downloading ")) {
      report(`fetching ${line.slice("go: downloading ".length)}`);
    } else {
      report(line);
    }
  };
}

function plugin(name: PluginName): Tool {
  return {
    find: async () => {
      const found = await findPlugin(name);
      return found && { version: found.version, path: found.binary, origin: found.origin };
    },
    prepare: (report) => preparePlugin(name, report),
    // The CLI fetches plugins. If it must be built, it also occupies the compiler.
    after: ["pulumi", ...(name === "kafka" ? [] : (["pulumi-resource-kafka"] as const))],
    missing: () => notPrepared(`The Pulumi plugin "${name}" is not prepared yet.`),
  };
}

function notPrepared(reason: string): { reason: string; fix: string } {
  return { reason, fix: PREPARE };
}

function asMissing(error: ToolchainError): { reason: string; fix: string } {
  return { reason: error.message, fix: error.fix };
}
