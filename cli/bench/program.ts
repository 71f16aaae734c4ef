/** A benchmark as a program: options with `--help`, errors in the form of every `kit` command, orderly end on Ctrl-C. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Command, CommanderError } from "commander";
import type { CommandContext } from "../context.ts";
import { processContext } from "../context.ts";
import type { ExitCode } from "../errors.ts";
import { describeError, EXIT, KitError } from "../errors.ts";
import { watchInterruptions } from "../terminal/interruption.ts";
import { writeError, writeJson } from "../terminal/output.ts";

/** One benchmark. */
export interface Benchmark {
  /** Name in `kit bench NAME`. */
  readonly name: string;
  readonly summary: string;
  /** Adds options besides `--out` and `--json`, which every benchmark has. */
  readonly configure: (command: Command) => void;
  readonly examples: readonly string[];
  /** Measures. Ctrl-C aborts the signal. */
  readonly run: (
    context: CommandContext,
    options: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ) => Promise<Measured>;
}

/** Result of a benchmark. */
export interface Measured {
  /** `{name, machine, load, results}`. */
  readonly document: object;
  /** Tables for people. */
  readonly text: string;
  /** Further files to write beside the document, by the suffix that replaces `.json`. */
  readonly files: ReadonlyMap<string, string>;
  /** False when something other than speed is wrong: an order failed, a unit was sold twice. */
  readonly good: boolean;
}

/** Runs a benchmark with the arguments of this process and sets its exit code. */
export async function runBenchmarkProgram(benchmark: Benchmark): Promise<void> {
  const context = processContext();
  process.exitCode = await runWith(context, benchmark, process.argv.slice(2));
}

async function runWith(context: CommandContext, benchmark: Benchmark, argv: readonly string[]): Promise<ExitCode> {
  const command = new Command(`kit bench ${benchmark.name}`)
    .description(benchmark.summary)
    .configureOutput({
      writeOut: (line) => context.stdout.write(line),
      writeErr: (line) => context.stderr.write(line),
      outputError: () => undefined,
    })
    .exitOverride();
  benchmark.configure(command);
  command
    .option("--out <file>", "where the JSON goes, with its picture beside it (default: in the state folder)")
    .option("--json", "print the JSON document instead of the tables")
    .addHelpText("after", `\nExamples:\n${benchmark.examples.map((example) => `  $ ${example}`).join("\n")}\n`);
  const stopping = new AbortController();
  const watch = watchInterruptions((count) => {
    if (count === 1) context.stderr.write("ending; what was started is taken down again …\n");
    stopping.abort();
  });
  try {
    command.parse([...argv], { from: "user" });
    const options: Readonly<Record<string, unknown>> = command.opts();
    const measured = await benchmark.run(context, options, stopping.signal);
    if (options.json === true) writeJson(context, measured.document);
    else context.stdout.write(`${measured.text}\n`);
    if (typeof options.out === "string") await writeResults(context, options.out, measured);
    return measured.good ? EXIT.good : EXIT.no;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.good;
    const shown =
      error instanceof CommanderError ? new KitError("KIT_USAGE", error.message.replace(/^error: /, "")) : error;
    const report = describeError(shown);
    writeError(context, report, shown);
    if (argv.includes("--json"))
      writeJson(context, {
        error: { code: report.code, message: report.message, ...(report.fix === undefined ? {} : { fix: report.fix }) },
      });
    return report.exitCode;
  } finally {
    watch.stop();
  }
}

async function writeResults(context: CommandContext, out: string, measured: Measured): Promise<void> {
  await mkdir(dirname(out), { recursive: true });
  const files = new Map([
    [out, `${JSON.stringify(measured.document, null, 2)}\n`],
    ...[...measured.files].map(([suffix, content]) => [`${out.replace(/\.json$/, "")}${suffix}`, content] as const),
  ]);
  for (const [file, content] of files) await writeFile(file, content);
  context.stderr.write(`written: ${[...files.keys()].join(", ")}\n`);
}
