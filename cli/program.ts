import { Command, CommanderError } from "commander";
import type { CommandDefinition } from "./command.ts";
import type { CommandContext } from "./context.ts";
import type { ExitCode } from "./errors.ts";
import { describeError, EXIT, KitError } from "./errors.ts";

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandDefinition>;
}

/** All commands in the order of `--help`; a module is loaded only when its command is called. */
const COMMANDS: readonly CommandEntry[] = [
  {
    name: "start",
    summary: "start the local platform and place sample orders",
    load: async () => (await import("./commands/platform/start.ts")).start,
  },
  {
    name: "up",
    summary: "start the local platform, or bring it back to what is declared",
    load: async () => (await import("./commands/platform/up.ts")).up,
  },
  {
    name: "down",
    summary: "stop all processes of the local platform and keep the data",
    load: async () => (await import("./commands/platform/down.ts")).down,
  },
  {
    name: "status",
    summary: "show what runs, where, and how to reach it",
    load: async () => (await import("./commands/platform/status.ts")).status,
  },
  {
    name: "logs",
    summary: "read the logs of all services as one, by order",
    load: async () => (await import("./commands/platform/logs.ts")).logs,
  },
  {
    name: "order",
    summary: "place an order and follow it to its terminal state",
    load: async () => (await import("./commands/trials/order.ts")).order,
  },
  {
    name: "token",
    summary: "print a customer's access token",
    load: async () => (await import("./commands/trials/token.ts")).token,
  },
  {
    name: "drift",
    summary: "compare the running cluster with the declaration",
    load: async () => (await import("./commands/cluster/drift.ts")).drift,
  },
  {
    name: "import",
    summary: "declare the topics and schemas that a running cluster already has",
    load: async () => (await import("./commands/cluster/import.ts")).adopt,
  },
  {
    name: "verify",
    summary: "check the saga's invariants from tables and topics",
    load: async () => (await import("./commands/trials/verify.ts")).verify,
  },
  {
    name: "dlt",
    summary: "list, show, replay and discard dead-letter records",
    load: async () => (await import("./commands/events/dlt.ts")).dlt,
  },
  {
    name: "outbox",
    summary: "list, show, retry and discard events that could not be published",
    load: async () => (await import("./commands/events/outbox.ts")).outbox,
  },
  {
    name: "erase",
    summary: "erase a customer's personal data; show what is kept and why",
    load: async () => (await import("./commands/events/erase.ts")).erase,
  },
  {
    name: "check",
    summary: "check the declaration against every rule, without a cluster",
    load: async () => (await import("./commands/declaration/check.ts")).check,
  },
  {
    name: "diff",
    summary: "judge a change: what it does, what it breaks, which teams must approve it",
    load: async () => (await import("./commands/declaration/diff.ts")).diff,
  },
  {
    name: "render",
    summary: "write the Kubernetes objects of a stack as YAML",
    load: async () => (await import("./commands/declaration/render.ts")).render,
  },
  {
    name: "definitions",
    summary: "show what uses Strimzi's custom resource definitions in a cluster; remove unused ones",
    load: async () => (await import("./commands/cluster/definitions.ts")).definitions,
  },
  {
    name: "image",
    summary: "build the services' container images, with or without a container daemon",
    load: async () => (await import("./commands/services/image.ts")).image,
  },
  {
    name: "doctor",
    summary: "check the tools and the machine; show a fix for what is missing",
    load: async () => (await import("./commands/platform/doctor.ts")).doctor,
  },
  {
    name: "env",
    summary: "print the environment variables that plain `pulumi` needs",
    load: async () => (await import("./commands/platform/env.ts")).env,
  },
  {
    name: "new",
    summary: "create a service, a topic or a consumer and declare its access",
    load: async () => (await import("./commands/services/new.ts")).create,
  },
  {
    name: "generate",
    summary: "generate TypeScript types of the services' events from their schemas",
    load: async () => (await import("./commands/services/generate.ts")).generate,
  },
  {
    name: "access",
    summary: "show why a principal may read or write, or which line to add",
    load: async () => (await import("./commands/declaration/access.ts")).access,
  },
  {
    name: "owners",
    summary: "generate CODEOWNERS from the declared teams",
    load: async () => (await import("./commands/declaration/owners.ts")).owners,
  },
  {
    name: "docs",
    summary: "generate the topic catalogue, an AsyncAPI document or Backstage entities",
    load: async () => (await import("./commands/declaration/docs.ts")).docs,
  },
  {
    name: "test",
    summary: "run the type check and all tests",
    load: async () => (await import("./commands/trials/test.ts")).test,
  },
  {
    name: "chaos",
    summary: "inject faults into the running platform under load, heal it, verify it",
    load: async () => (await import("./commands/trials/chaos.ts")).chaos,
  },
  {
    name: "bench",
    summary: "run a benchmark, print a table, write JSON",
    load: async () => (await import("./commands/trials/bench.ts")).bench,
  },
];

const HELP_EPILOGUE = `
Examples:
  $ npx kit up                      # real Kafka, registry, PostgreSQL, Redis and services on this machine
  $ npx kit order                   # one order, live, step by step
  $ npx kit status --json | jq .endpoints
  $ npx kit down

Exit codes: 0 success, 1 the answer is no, 2 wrong input or usage, 3 something needed is missing.
Environment: KIT_STATE_DIR (default .kit), KIT_CACHE_DIR, KIT_PORT_BASE (default 17000), KIT_INSTANCES, KIT_OBSERVABILITY, KIT_DEBUG=1, NO_COLOR.
`;

/**
 * Runs the command line.
 * @param argv - Arguments without `node` and the script.
 * @returns the exit code; errors are shown, not thrown.
 */
export async function runProgram(context: CommandContext, argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.good;
  const program = new Command("kit");
  program
    .description("An event-driven order platform on Kafka: run it on this machine, inspect it, change it.")
    .configureOutput({
      writeOut: (line) => context.stdout.write(line),
      writeErr: (line) => context.stderr.write(line),
      // commander's own message is replaced by the error with code and fix below.
      outputError: () => {},
    })
    .exitOverride()
    .helpCommand(false)
    .addHelpText("after", HELP_EPILOGUE);

  const called = argv.find((argument) => !argument.startsWith("-"));
  for (const entry of COMMANDS) {
    const command = program.command(entry.name).description(entry.summary).summary(entry.summary);
    command.exitOverride();
    if (entry.name !== called) continue;
    const definition = await entry.load();
    await definition.configure(command, context);
    command.addHelpText(
      "after",
      `\n${definition.examples.length === 1 ? "Example" : "Examples"}:\n${definition.examples.map((example) => `  $ ${example}`).join("\n")}\n`,
    );
    command.action(async () => {
      refuseEmpty(command);
      exitCode = await definition.run(context, command.opts(), command.args);
    });
  }

  try {
    if (argv.length === 0) {
      program.outputHelp({ error: true });
      return EXIT.usage;
    }
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.good;
      return await report(context, argv, new KitError("KIT_USAGE", error.message.replace(/^error: /, "")));
    }
    return await report(context, argv, error);
  }
}

/**
 * Rejects empty values: in a script they come from unset variables, and the intended value is unknown.
 * @throws KitError `KIT_USAGE` naming the option or argument.
 */
function refuseEmpty(command: Command): void {
  const values = command.opts<Readonly<Record<string, unknown>>>();
  const empty = command.options.find((option) => [values[option.attributeName()]].flat().includes(""));
  const what = empty?.long ?? empty?.short ?? (command.args.includes("") ? "an argument" : undefined);
  if (what !== undefined)
    throw new KitError("KIT_USAGE", `${what} is empty.`, {
      fix: "Give a value, or omit it. In a script, check that its variable is set.",
    });
}

async function report(context: CommandContext, argv: readonly string[], error: unknown): Promise<ExitCode> {
  const { writeError, writeJson } = await import("./terminal/output.ts");
  const description = describeError(error);
  writeError(context, description, error);
  if (argv.includes("--json")) {
    const { code, message, fix } = description;
    writeJson(context, { error: { code, message, ...(fix === undefined ? {} : { fix }) } });
  }
  return description.exitCode;
}
