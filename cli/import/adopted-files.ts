/** Adopted topics as edits of `topics/`. Pure: it writes nothing. */

import { compareText } from "../../components/model/problems/problem.ts";
import type { SourceFile } from "../../components/model/source-file.ts";
import { importedTopicDescription } from "../../components/model/topics/import-placeholders.ts";
import type { Model } from "../../components/model/types.ts";
import { KitError } from "../errors.ts";
import type { ChangedFile, CreatedFile, FileChanges } from "../new-service/file-change.ts";
import { PLAIN_FILE } from "../new-service/file-change.ts";
import { addToDomain, domainFile } from "../new-service/topic-access.ts";
import { EditableYaml } from "../new-service/yaml-edits.ts";
import { accessLines, plainOrQuoted } from "../new-service/yaml-lines.ts";
import type { AdoptedService, AdoptedTopic } from "./adoption.ts";

/**
 * The files that declare the topics: one per domain, with the schemas beside it. A service that no file names yet goes to the
 * first domain that it writes to, else to the first that it reads from.
 * @param team - Owner of new domains.
 * @throws KitError `KIT_USAGE` if a new domain has no team, `KIT_NEW_UNEDITABLE`.
 */
export function adoptedFiles(
  topics: readonly AdoptedTopic[],
  model: Model,
  files: readonly SourceFile[],
  team: string | undefined,
): FileChanges {
  const homes = homesOf(topics, model);
  const created: CreatedFile[] = topics.flatMap(({ events }) =>
    events.map(({ schemaPath, schema }) => ({ path: `topics/${schemaPath}`, content: schema, mode: PLAIN_FILE })),
  );
  const types = new Map(topics.flatMap(({ types: needed }) => needed).map((type) => [type.name, type]));
  for (const { schemaPath, schema } of types.values())
    created.push({
      path: `topics/${schemaPath}`,
      content: `${JSON.stringify(JSON.parse(schema), null, 2)}\n`,
      mode: PLAIN_FILE,
    });
  const changed: ChangedFile[] = [];
  for (const [domain, adopted] of [...Map.groupBy(topics, (topic) => topic.domain)].sort(([a], [b]) =>
    compareText(a, b),
  )) {
    const services = [...homes]
      .filter(([, home]) => home === domain)
      .map(([service]) => service)
      .sort(compareText);
    const known = model.domains.find(({ name }) => name === domain);
    const lines = adopted.map(topicLines);
    if (known === undefined) {
      if (team === undefined)
        throw new KitError("KIT_USAGE", `There is no domain ${domain} yet, so it needs an owner.`, {
          fix: "Give --team TEAM for domains that are new, or --domain NAME to put all topics into one that is there.",
        });
      created.push({
        path: `topics/${domain}.yaml`,
        content: domainFile({ domain, team, services, topics: lines }),
        mode: PLAIN_FILE,
      });
      continue;
    }
    const { file: path } = known.source;
    const file = files.find((candidate) => candidate.path === path);
    if (file === undefined || "refused" in file) throw new KitError("KIT_NEW_UNEDITABLE", `${path} cannot be read`);
    const yaml = new EditableYaml(path, file.text);
    addToDomain(yaml, services, lines);
    changed.push({ path, before: file.text, after: yaml.text });
  }
  return { created, changed };
}

/** Domain whose team owns a service that no file names yet. */
function homesOf(topics: readonly AdoptedTopic[], model: Model): ReadonlyMap<string, string> {
  const known = new Set(model.domains.flatMap((domain) => domain.services));
  const homes = new Map<string, string>();
  for (const side of ["producers", "consumers"] as const) {
    for (const topic of topics) {
      for (const { service } of topic[side])
        if (!known.has(service) && !homes.has(service)) homes.set(service, topic.domain);
    }
  }
  return homes;
}

function topicLines({ name, partitions, settings, events, producers, consumers }: AdoptedTopic): string[] {
  const types = events.map(({ type }) => type);
  return [
    `${plainOrQuoted(name)}:`,
    `  description: ${importedTopicDescription}`,
    `  partitions: ${partitions}`,
    ...Object.entries(settings)
      .sort(([a], [b]) => compareText(a, b))
      .map(([setting, value]) => `  ${setting}: ${value.includes(",") ? JSON.stringify(value) : value}`),
    "  events:",
    ...events.map(
      ({ type, schemaPath, compatibility }) =>
        `    ${type}: {schema: ${schemaPath}${compatibility === undefined ? "" : `, compatibility: ${compatibility}`}}`,
    ),
    ...accessLines(
      "producers",
      producers.map((service) => entryOf(service, [])),
    ),
    // A cluster does not store how many consumers a group has.
    ...accessLines(
      "consumers",
      consumers.map((service) => entryOf(service, ["instances: 1", `events: [${types.join(", ")}]`])),
    ),
  ];
}

function entryOf(
  { service, quota }: AdoptedService,
  parts: readonly string[],
): { readonly service: string; readonly value: string } {
  return { service, value: `{${[...parts, ...(quota === undefined ? [] : [`quota: ${quota}`])].join(", ")}}` };
}
