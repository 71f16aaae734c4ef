import type { CommandDefinition } from "../command.ts";
import { flag, text } from "../command.ts";
import { EXIT, KitError } from "../errors.ts";

/** `kit docs`. */
export const docs: CommandDefinition = {
  configure: (command) => command
    .argument("<what>", "topics")
    .option("--out <file>", "where the page goes", "topic-catalogue.html")
    .option("--stack <name>", "environment whose settings are shown (default: prod if there is one, else local)")
    .option("--title <text>", "headline", "Topic catalogue")
    .option("--json", "print what the page is made from: {topics: [{name, description, domain, team, events, producers, consumers, …}]}; no page is written")
    .addHelpText("after", `
One HTML file with a search, a graph of who produces and consumes what, and for each topic its settings, events with
their fields, writers and readers. It asks no server for anything; publish it or open it.`),
  examples: ["npx kit docs topics --out site/index.html", "npx kit docs topics --stack prod --json | jq '.topics[].name'"],
  async run(context, options, args) {
    if (args[0] !== "topics") throw new KitError("KIT_USAGE", `There is a catalogue of topics; got ${JSON.stringify(args[0] ?? "")}.`);
    const [{ readDeclaredProject }, { topicCatalogue }] = await Promise.all([import("../declared-project.ts"), import("../docs/topic-catalogue.ts")]);
    const { defaultStack } = await import("../diff/default-stack.ts");
    const stack = text(options, "stack") ?? (await defaultStack(context.projectDir));
    const { model, plan } = await readDeclaredProject(context, stack);
    const catalogue = topicCatalogue(model, plan);
    if (flag(options, "json")) {
      (await import("../output.ts")).writeJson(context, catalogue);
      return EXIT.good;
    }
    const [{ cataloguePage }, { mkdir, writeFile }, { dirname, resolve }] = await Promise.all([import("../docs/catalogue-page.ts"), import("node:fs/promises"), import("node:path")]);
    const target = resolve(text(options, "out") ?? "topic-catalogue.html");
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, cataloguePage(catalogue, { title: text(options, "title") ?? "Topic catalogue", stack }));
    context.stdout.write(`${target}\n`);
    return EXIT.good;
  },
};
