/** Checks of tools and machine. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { freemem } from "node:os";
import { dirname } from "node:path";
import { DEFAULT_PORT_BASE, PORT_SPAN } from "../components/local/ports.ts";
import type { ToolName, ToolStatus } from "../toolchain/tool.ts";
import { LOCAL_TOOLS, locateTool, TOOLS } from "../toolchain/tools.ts";
import type { CommandContext } from "./context.ts";
import { KitError } from "./errors.ts";
import type { PlatformStatus } from "./platform/platform-status.ts";
import { observePlatform } from "./platform/platform-status.ts";
import { checkStateFolder, freeBytes, WANTED_SPACE_BYTES } from "./platform/preflight.ts";
import { colorsFor, renderTable } from "./terminal/output.ts";
import { formatBytes } from "./terminal/quantities.ts";

/** One check of the machine. */
export interface MachineCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  /** Fix; only if `ok` is false. */
  readonly fix?: string;
}

/** A tool as the report shows it. */
export interface ToolReport {
  readonly name: string;
  readonly group: string;
  /** Whether the local platform needs it installed; false for tools that only build others. */
  readonly needed: boolean;
  readonly found: boolean;
  readonly version?: string;
  readonly path?: string;
  readonly origin?: string;
  readonly reason?: string;
  readonly fix?: string;
}

/** The document of `kit doctor --json`. */
export interface DoctorReport {
  readonly tools: readonly ToolReport[];
  readonly checks: readonly MachineCheck[];
  /** True when everything that the local platform needs is present. */
  readonly ok: boolean;
}

interface ToolGroup {
  readonly title: string;
  readonly tools: readonly string[];
}

const TOOL_GROUPS: readonly (ToolGroup & { readonly tools: readonly ToolName[] })[] = [
  { title: "Runtimes", tools: ["node", "java"] },
  { title: "Build tools", tools: ["maven", "go"] },
  {
    title: "Pulumi",
    tools: [
      "pulumi",
      "pulumi-language-nodejs",
      "pulumi-resource-kafka",
      "pulumi-resource-postgresql",
      "pulumi-resource-kubernetes",
    ],
  },
  { title: "Servers", tools: ["kafka", "apicurio", "postgresql", "redis"] },
];
/** Shown only on request, because only tests need them. */
const TEST_GROUP = "Kubernetes tests";
/** Needed only when another tool must be built or downloaded. */
const BUILD_TOOLS: readonly string[] = ["maven", "go"];
/** Peak memory of the local platform, with room for a build beside it. */
const WANTED_MEMORY_BYTES = 4 * 1024 ** 3;

/** Checks every tool and the machine. Changes nothing except that it makes the state directory. */
export async function examine(
  context: CommandContext,
  options: { kubernetes: boolean } = { kubernetes: false },
): Promise<DoctorReport> {
  const tests = options.kubernetes ? await (await import("./testing/test-tools.ts")).loadTestTools() : undefined;
  const groups: readonly ToolGroup[] =
    tests === undefined ? TOOL_GROUPS : [...TOOL_GROUPS, { title: TEST_GROUP, tools: tests.names }];
  const names = groups.flatMap((group) => group.tools.map((tool) => ({ tool, group: group.title })));
  const [tools, status] = await Promise.all([
    Promise.all(names.map(async ({ tool, group }) => toolReport(group, await locateTool(tool, tests?.table ?? TOOLS)))),
    observePlatform(context.stateDir, "local").catch(() => undefined),
  ]);
  const checks = [
    await memoryCheck(status),
    await stateCheck(context),
    await diskCheck(context),
    await portCheck(context, status),
    uidCheck(),
  ];
  return { tools, checks, ok: tools.every((tool) => tool.found || !tool.needed) && checks.every((check) => check.ok) };
}

function toolReport(group: string, status: ToolStatus): ToolReport {
  const needed = LOCAL_TOOLS.some((name) => name === status.name) && !BUILD_TOOLS.includes(status.name);
  if (!status.found) return { name: status.name, group, needed, found: false, reason: status.reason, fix: status.fix };
  const { name, version, path, origin } = status;
  return { name, group, needed, found: true, version, path, origin };
}

async function memoryCheck(status: PlatformStatus | undefined): Promise<MachineCheck> {
  // MemAvailable includes memory that the kernel would free; free memory alone would be too pessimistic.
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(await readFile("/proc/meminfo", "utf8").catch(() => ""))?.[1];
  const bytes = available === undefined ? freemem() : Number(available) * 1024;
  const own = status?.rssBytes ?? 0;
  const ok = bytes + own >= WANTED_MEMORY_BYTES;
  return {
    name: "Memory",
    ok,
    found: `${formatBytes(bytes)} available${own === 0 ? "" : `, ${formatBytes(own)} used by the platform`}`,
    ...(ok
      ? {}
      : {
          fix: `Close something: the platform takes up to ${formatBytes(WANTED_MEMORY_BYTES)}. Fewer brokers (kafka.brokersPerZone in stacks/Pulumi.local.yaml) take less.`,
        }),
  };
}

async function stateCheck(context: CommandContext): Promise<MachineCheck> {
  try {
    await checkStateFolder(context.stateDir, 0);
    return { name: "State folder", ok: true, found: `${context.stateDir} can be written` };
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    return { name: "State folder", ok: false, found: error.message, fix: error.fix };
  }
}

async function diskCheck(context: CommandContext): Promise<MachineCheck> {
  let folder = context.stateDir;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  const bytes = await freeBytes(folder);
  const ok = bytes >= WANTED_SPACE_BYTES;
  return {
    name: "Disk",
    ok,
    found: `${formatBytes(bytes)} free`,
    ...(ok
      ? {}
      : {
          fix: `Free some space: ${formatBytes(WANTED_SPACE_BYTES)} are wanted, or point KIT_STATE_DIR to a larger disk.`,
        }),
  };
}

async function portCheck(context: CommandContext, status: PlatformStatus | undefined): Promise<MachineCheck> {
  const base = Number(context.env.KIT_PORT_BASE ?? DEFAULT_PORT_BASE);
  const own = new Set(
    (status?.processes ?? [])
      .filter((process) => process.state !== "dead")
      .flatMap((process) => process.ports.map((port) => port.port)),
  );
  const range = `${base} to ${base + PORT_SPAN - 1}`;
  if (!Number.isInteger(base) || base < 1024 || base + PORT_SPAN > 65_536) {
    return {
      name: "Ports",
      ok: false,
      found: `KIT_PORT_BASE is ${context.env.KIT_PORT_BASE ?? ""}`,
      fix: `Set it to a whole number from 1024 to ${65_536 - PORT_SPAN}.`,
    };
  }
  const taken: number[] = [];
  for (const port of candidatePorts(base)) {
    if (!own.has(port) && !(await isFree(port))) taken.push(port);
  }
  if (taken.length === 0)
    return {
      name: "Ports",
      ok: true,
      found: own.size === 0 ? `${range} are free` : `${own.size} in use by the platform, the others free`,
    };
  return {
    name: "Ports",
    ok: false,
    found: `taken by another program: ${taken.join(", ")}`,
    fix: "End that program, or set KIT_PORT_BASE to another base, for example 27000.",
  };
}

/** A platform uses the start of every block of ports first. */
function candidatePorts(base: number): readonly number[] {
  const blocks = Array.from({ length: PORT_SPAN / 100 }, (_, block) =>
    Array.from({ length: 12 }, (_unused, index) => base + block * 100 + index),
  ).flat();
  return [...new Set([...blocks, ...Array.from({ length: 100 }, (_, index) => base + index)])].sort((a, b) => a - b);
}

async function isFree(port: number): Promise<boolean> {
  // Binding finds listeners that are hidden from this user; connecting finds those with SO_REUSEPORT.
  const bound = await new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
  if (!bound) return false;
  return await new Promise<boolean>((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", () => resolve(true));
  });
}

function uidCheck(): MachineCheck {
  const uid = process.getuid?.();
  if (uid !== 0) return { name: "User for PostgreSQL", ok: true, found: "runs as you" };
  return { name: "User for PostgreSQL", ok: true, found: "you are root; it runs as an unprivileged user" };
}

/** Writes the report to stdout, grouped, with a fix under each missing item. */
export function writeDoctorReport(context: CommandContext, report: DoctorReport): void {
  const colors = colorsFor(context.stdout, context.env);
  const mark = (ok: boolean, needed = true): string =>
    ok ? colors.green("ok") : needed ? colors.red("missing") : colors.yellow("absent");
  for (const title of [...TOOL_GROUPS.map((group) => group.title), TEST_GROUP]) {
    const tools = report.tools.filter((tool) => tool.group === title);
    if (tools.length === 0) continue;
    const rows = tools.map((tool) => [
      mark(tool.found, tool.needed),
      tool.name,
      tool.version ?? "",
      tool.origin ?? "",
      tool.path ?? tool.reason ?? "",
    ]);
    context.stdout.write(
      `${colors.bold(title)}\n${renderTable([{ title: "" }, { title: "TOOL" }, { title: "VERSION" }, { title: "FROM" }, { title: "WHERE" }], rows)}\n`,
    );
    for (const tool of tools.filter((candidate) => !candidate.found))
      context.stdout.write(`  fix for ${tool.name}: ${tool.fix ?? ""}\n`);
    context.stdout.write("\n");
  }
  const rows = report.checks.map((check) => [mark(check.ok), check.name, check.found]);
  context.stdout.write(
    `${colors.bold("Machine")}\n${renderTable([{ title: "" }, { title: "CHECK" }, { title: "FOUND" }], rows)}\n`,
  );
  for (const check of report.checks.filter((candidate) => !candidate.ok))
    context.stdout.write(`  fix for ${check.name}: ${check.fix ?? ""}\n`);
  context.stdout.write(
    `\n${report.ok ? "Everything the local platform needs is there." : "Something is missing: see the fixes above; `npx kit doctor --fix` prepares the tools."}\n`,
  );
}
