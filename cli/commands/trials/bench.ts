import type { CommandDefinition } from "../../command.ts";

/** `kit bench`. */
export const bench: CommandDefinition = {
  configure: async (command, { projectDir }) => {
    const { loadProject } = await import("../../project/load-project.ts");
    const { benchmarks = {} } = await loadProject(projectDir);
    const list = [
      ["up", "how long up, down and a first order take"],
      ...Object.entries(benchmarks).map(([name, { summary }]) => [name, summary]),
      ["plan", "check, diff, apply and drift of many topics"],
    ];
    // What follows the name belongs to the benchmark, its --help too.
    command.parent?.enablePositionalOptions();
    command
      .argument("<name>", "what to measure: its name")
      .argument("[options...]", "the benchmark's own options; `kit bench NAME --help` shows them")
      .passThroughOptions()
      .addHelpText(
        "after",
        `
Benchmarks:
${list.map(([name = "", summary = ""]) => `  ${name.padEnd(9)} ${summary}`).join("\n")}

Every benchmark takes --out FILE (where the JSON goes; default bench-NAME.json in the state folder) and --json.
Document: {name, machine, load, results: [{name, …}]}; a picture, where there is one, stands beside it.
Measures on a state folder and ports of its own (KIT_BENCH_PORT_BASE, 27000); the platform of this clone is left alone
unless --running is given.`,
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
