import type { CommandDefinition } from "../../command.ts";

/** `kit bench`. */
export const bench: CommandDefinition = {
  configure: async (command, { projectDir }) => {
    const { loadProject } = await import("../../project/load-project.ts");
    const { benchmarks = {} } = await loadProject(projectDir);
    const list = [
      ["up", "duration of up, of down and of a first order"],
      ...Object.entries(benchmarks).map(([name, { summary }]) => [name, summary]),
      ["plan", "check, diff, apply and drift with many topics"],
    ];
    // Arguments after the name belong to the benchmark, including --help.
    command.parent?.enablePositionalOptions();
    command
      .argument("<name>", "name of the benchmark")
      .argument("[options...]", "the benchmark's own options; `kit bench NAME --help` shows them")
      .passThroughOptions()
      .addHelpText(
        "after",
        `
Benchmarks:
${list.map(([name = "", summary = ""]) => `  ${name.padEnd(9)} ${summary}`).join("\n")}

Every benchmark takes --json and --out FILE (the JSON file; default: bench-NAME.json in the state directory).
Document: {name, machine, load, results: [{name, …}]}; some benchmarks write a chart next to it.
A benchmark starts its own platform in its own state directory and ports (KIT_BENCH_PORT_BASE, 27000); with --running
it uses the platform of this clone.`,
      );
  },
  examples: [
    "npx kit bench up",
    "npx kit bench saga --rate 35,120 --duration 2m",
    "npx kit bench hot-sku --orders 3000 --units 1000",
    "npx kit bench plan --drift 1000",
  ],
  async run(context, _options, args) {
    const { runBenchmark } = await import("../../bench/run-benchmark.ts");
    const [name = "", ...own] = args;
    return await runBenchmark(context, name, own);
  },
};
