import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import type { CommandContext } from "../../context.ts";
import { EXIT, KitError } from "../../errors.ts";

type Options = Readonly<Record<string, unknown>>;

/** Options of each kind of document besides `--out`, `--stack`, `--title` and `--json`. */
const KINDS = {
  topics: [],
  asyncapi: ["domain", "topic", "service"],
  backstage: ["platform", "platformTeam", "groups"],
} as const;
type Kind = keyof typeof KINDS;

const TITLES: Readonly<Record<Kind, string>> = {
  topics: "Topic catalogue",
  asyncapi: "Event platform",
  backstage: "Event platform",
};

/** `kit docs`. */
export const docs: CommandDefinition = {
  configure: (command) =>
    command
      .argument("<what>", Object.keys(KINDS).join(", "))
      .option("--out <file>", "file to write (default: topic-catalogue.html for topics, else standard output)")
      .option("--stack <name>", "environment whose settings are shown (default: prod if there is one, else local)")
      .option("--title <text>", "headline (default: Topic catalogue, or Event platform)")
      .option("--domain <name>", "asyncapi: topics of one domain only")
      .option("--topic <name>", "asyncapi: one topic only")
      .option("--service <name>", "asyncapi: only the operations of one service")
      .option("--platform <name>", "backstage: name of the platform's domain (default: event-platform)")
      .option("--platform-team <team>", "backstage: owner of the cluster and the registry (default: platform)")
      .option("--groups", "backstage: also write the teams as groups")
      .option(
        "--json",
        "print JSON: for topics {topics: [{name, description, domain, team, events, producers, consumers, …}]}, for backstage {entities: [entity]}, for asyncapi the document",
      )
      .addHelpText(
        "after",
        `
topics     One HTML file with a search, a graph of producers and consumers, and for each topic its settings,
           events with their fields, producers and consumers. The page sends no requests.
asyncapi   An AsyncAPI 3.0 document as YAML (JSON where --out ends in .json): servers, channels with Kafka bindings,
           operations of each service, messages with headers and Avro schemas, owners.
backstage  Entities of a Backstage catalogue as YAML: the platform (Domain), domains (System), services (Component),
           topics (API of type asyncapi, Resource), databases and caches (Resource). Teams are references to groups.
The same files give the same bytes. docs/guide/documents.md has the details.`,
      ),
  examples: [
    "npx kit docs topics --out site/index.html",
    "npx kit docs topics --stack prod --json | jq '.topics[].name'",
    "npx kit docs asyncapi --out asyncapi.yaml",
    "npx kit docs asyncapi --service payment-service --json | jq '.operations | keys'",
    "npx kit docs backstage --out catalog-info.yaml",
  ],
  async run(context, options, args) {
    const kind = kindOf(args[0], options);
    const { defaultStack } = await import("../../diff/default-stack.ts");
    const stack = text(options, "stack") ?? (await defaultStack(context.projectDir));
    const title = text(options, "title") ?? TITLES[kind];
    switch (kind) {
      case "topics":
        await topics(context, options, { title, stack });
        break;
      case "asyncapi":
        await asyncApi(context, options, { title, stack });
        break;
      case "backstage":
        await backstage(context, options, { title, stack });
        break;
    }
    return EXIT.good;
  },
};

/** @throws KitError `KIT_USAGE` for an unknown kind, and for an option of another kind. */
function kindOf(named: string | undefined, options: Options): Kind {
  const kinds = Object.keys(KINDS) as Kind[];
  const kind = kinds.find((each) => each === named);
  if (kind === undefined)
    throw new KitError("KIT_USAGE", `kit docs knows ${kinds.join(", ")}; got ${JSON.stringify(named ?? "")}.`);
  for (const other of kinds) {
    const foreign = other === kind ? undefined : KINDS[other].find((option) => options[option] !== undefined);
    if (foreign !== undefined)
      throw new KitError(
        "KIT_USAGE",
        `--${foreign.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} is an option of kit docs ${other}, not of kit docs ${kind}.`,
      );
  }
  if (kind !== "topics" && flag(options, "json") && text(options, "out") !== undefined)
    throw new KitError("KIT_USAGE", "--json prints to standard output; with --out, name a file that ends in .json.");
  return kind;
}

async function topics(
  context: CommandContext,
  options: Options,
  title: { readonly title: string; readonly stack: string },
): Promise<void> {
  const [{ readDeclaredProject }, { topicCatalogue }] = await Promise.all([
    import("../../declaration/declared-project.ts"),
    import("../../docs/topic-catalogue.ts"),
  ]);
  const { model, plan } = await readDeclaredProject(context, title.stack);
  const catalogue = topicCatalogue(model, plan);
  if (flag(options, "json")) (await import("../../terminal/output.ts")).writeJson(context, catalogue);
  else
    await write(
      context,
      text(options, "out") ?? "topic-catalogue.html",
      (await import("../../docs/catalogue-page.ts")).cataloguePage(catalogue, title),
    );
}

async function asyncApi(
  context: CommandContext,
  options: Options,
  title: { readonly title: string; readonly stack: string },
): Promise<void> {
  const [{ readDeclaredProject }, { documentMaker }, { partOf }] = await Promise.all([
    import("../../declaration/declared-project.ts"),
    import("../../docs/asyncapi/document.ts"),
    import("../../docs/asyncapi/part.ts"),
  ]);
  const project = await readDeclaredProject(context, title.stack);
  const part = partOf(project.model, {
    domain: text(options, "domain"),
    topic: text(options, "topic"),
    service: text(options, "service"),
  });
  const document = documentMaker(project, title)(part);
  await writeDocument(context, options, document, [document]);
}

async function backstage(
  context: CommandContext,
  options: Options,
  title: { readonly title: string; readonly stack: string },
): Promise<void> {
  const [{ readDeclaredProject }, { catalogueEntities }, { readServiceTemplates }, { join }, { slugPattern }] =
    await Promise.all([
      import("../../declaration/declared-project.ts"),
      import("../../docs/backstage/entities.ts"),
      import("../../../components/services/template.ts"),
      import("node:path"),
      import("../../../components/model/values/names.ts"),
    ]);
  const [platform, platformTeam] = [
    text(options, "platform") ?? "event-platform",
    text(options, "platformTeam") ?? "platform",
  ];
  for (const [option, name] of [
    ["--platform", platform],
    ["--platform-team", platformTeam],
  ] as const) {
    if (!new RegExp(slugPattern, "u").test(name))
      throw new KitError(
        "KIT_USAGE",
        `${option} takes lower-case letters, digits and single dashes; got ${JSON.stringify(name)}.`,
      );
  }
  const project = await readDeclaredProject(context, title.stack);
  const entities = catalogueEntities(project, readServiceTemplates(join(context.projectDir, "service-templates")), {
    ...title,
    platform,
    platformTeam,
    groups: flag(options, "groups"),
  });
  await writeDocument(context, options, { entities }, entities);
}

/** Writes a document as JSON or YAML, to a file or to standard output. */
async function writeDocument(
  context: CommandContext,
  options: Options,
  json: unknown,
  yaml: readonly unknown[],
): Promise<void> {
  const out = text(options, "out");
  if (flag(options, "json")) {
    (await import("../../terminal/output.ts")).writeJson(context, json);
    return;
  }
  const content =
    out !== undefined && /\.json$/i.test(out)
      ? `${JSON.stringify(json, null, 2)}\n`
      : (await import("../../docs/yaml-text.ts")).yamlText(yaml);
  if (out === undefined) context.stdout.write(content);
  else await write(context, out, content);
}

async function write(context: CommandContext, file: string, content: string): Promise<void> {
  const [{ mkdir, writeFile }, { dirname, resolve }] = await Promise.all([
    import("node:fs/promises"),
    import("node:path"),
  ]);
  const target = resolve(file);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, content);
  context.stdout.write(`${target}\n`);
}
