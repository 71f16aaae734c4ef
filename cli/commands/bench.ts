import type { CommandDefinition } from "../command.ts";
import { flag, text } from "../command.ts";
import { EXIT } from "../errors.ts";

/** `kit bench`. */
export const bench: CommandDefinition = {
  configure: (command) => command
    .argument("<name>", "what to measure: the name of a program in test/bench, for example `up`")
    .option("--out <file>", "where the JSON goes (default: bench-<name>.json in the state folder)")
    .option("--json", "print the JSON document too")
    .addHelpText("after", "\nDocument: {name, machine, load, results: [{name, value, unit, …}]}.\nMeasures on a state folder and ports of its own; the platform of this clone is left alone."),
  examples: ["npx kit bench up"],
  async run(context, options, args) {
    const { runBenchmark } = await import("../benchmark.ts");
    const code = await runBenchmark(context, args[0] ?? "", { out: text(options, "out"), json: flag(options, "json") });
    return code === 0 ? EXIT.good : EXIT.no;
  },
};
