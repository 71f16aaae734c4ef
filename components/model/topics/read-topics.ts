import { compareText, type Problem, sortProblems } from "../problems/problem.ts";
import type { ModelRule } from "../problems/rules.ts";
import type { SourceLocation } from "../problems/source-location.ts";
import { hasHiddenCharacter, refusalFixes, refusalRule, refusalText, SchemaFiles } from "../schemas/schema-files.ts";
import { sharedTypesOf } from "../schemas/shared-types.ts";
import { isSchemaPath, type SourceFile, topicsFolder } from "../source-file.ts";
import type { Domain, Model, Reading, TopicDeclaration } from "../types.ts";
import { formatDuration } from "../values/duration.ts";
import {
  deadLetterTopicName,
  isDerivedTopicName,
  metricName,
  platformPrincipals,
  reservedTopicPrefixes,
  retryTopicName,
} from "../values/names.ts";
import { domainPlace } from "./domain-place.ts";
import { isIn } from "./environment.ts";
import { readDomain } from "./read-domain.ts";
import { ReadingCache } from "./reading-cache.ts";

/**
 * Reads all files below `topics/` as one model. Pure: the same files in any order give the same result.
 * @param files - Domain files and schemas, with paths relative to the project's root.
 * @param cache - Cache that reads of trees with common files share.
 */
export function readTopics(files: readonly SourceFile[], cache?: ReadingCache): Reading<Model> {
  const { model, problems } = readTopicsAsFarAsGood(files, cache);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: model };
}

/**
 * As {@link readTopics}, but also returns the valid parts of the files if there are problems, for checks that report
 * everything at once.
 */
export function readTopicsAsFarAsGood(
  files: readonly SourceFile[],
  cache = new ReadingCache(),
): { readonly model: Model; readonly problems: readonly Problem[] } {
  const sorted = [...files].sort((a, b) => compareText(a.path, b.path));
  const schemas = new SchemaFiles(sorted.filter((file) => isSchemaPath(file.path)));
  const found: (readonly Problem[])[] = [];
  const domains: Domain[] = [];
  for (const file of sorted) {
    if (hasHiddenCharacter(file.path)) {
      found.push([
        {
          rule: "control-character",
          file: file.path,
          line: 1,
          column: 1,
          message: `the path ${JSON.stringify(file.path)} has control or invisible characters`,
          fix: "rename the file: letters, digits, '.', '_', '-' and '/' between folders",
        },
      ]);
      continue;
    }
    if (!/\.ya?ml$|\/$/i.test(file.path)) continue;
    const start = { file: file.path, line: 1, column: 1 };
    if ("refused" in file && file.path.endsWith("/")) {
      found.push([
        {
          rule: refusalRule(file.refused),
          ...start,
          message: `the folder ${refusalText(file.refused, file.detail).slice(3)}`,
          ...(file.refused === "symbolic-link" ? { fix: "put the folder itself here" } : {}),
        },
      ]);
    } else if (!isDomainFile(file.path)) {
      found.push([
        {
          rule: "file-misplaced",
          ...start,
          message: "this file would not be read",
          fix: `move it to ${topicsFolder}/<domain>.yaml`,
        },
      ]);
    } else if ("refused" in file) {
      found.push([
        {
          rule: refusalRule(file.refused),
          ...start,
          message: refusalText(file.refused, file.detail),
          fix: refusalFixes[file.refused],
        },
      ]);
    } else {
      const read = cache.domain(file, schemas, () => readDomain(file.path, file.text, schemas));
      found.push(read.problems);
      if (read.domain !== undefined) domains.push(read.domain);
    }
  }
  domains.sort((a, b) => compareText(a.name, b.name));
  found.push(schemas.problems, checkTopicNames(domains), checkEvents(domains), checkServices(domains));
  const unusedSchemas = unusedAmong(sorted, domains);
  return {
    model: { domains, ...(unusedSchemas.length === 0 ? {} : { unusedSchemas }) },
    problems: sortProblems(found.flat()),
  };
}

/** Returns the paths of schema files that no event needs. */
function unusedAmong(files: readonly SourceFile[], domains: readonly Domain[]): string[] {
  const events = domains.flatMap((domain) => domain.topics.flatMap((topic) => topic.events));
  const used = new Set<string>();
  for (const { schemaPath } of events) used.add(schemaPath);
  for (const { schemaPath } of sharedTypesOf(events)) used.add(schemaPath);
  return files.flatMap(({ path }) =>
    isSchemaPath(path) && !used.has(path.slice(topicsFolder.length + 1)) ? [path] : [],
  );
}

/** Returns whether a path is that of a domain file: directly in `topics/`, with the extension `.yaml`. */
export function isDomainFile(path: string): boolean {
  return path.startsWith(`${topicsFolder}/`) && /^[^/]+\.yaml$/.test(path.slice(topicsFolder.length + 1));
}

/** Returns the topics in the order of the files, so that of two equal declarations the later one is reported. */
function topicsOf(domains: readonly Domain[]): TopicDeclaration[] {
  return domains.flatMap((domain) => domain.topics).sort(bySource);
}

function bySource(a: { readonly source: SourceLocation }, b: { readonly source: SourceLocation }): number {
  return (
    compareText(a.source.file, b.source.file) || a.source.line - b.source.line || a.source.column - b.source.column
  );
}

function problemAt(rule: ModelRule, source: SourceLocation, message: string, fix: string): Problem {
  return { rule, ...source, message, fix };
}

function standsAt(source: SourceLocation): string {
  return `${source.file}:${source.line}`;
}

function checkTopicNames(domains: readonly Domain[]): Problem[] {
  const problems: Problem[] = [];
  const first = new Map<string, TopicDeclaration>();
  const derived = new Map<string, string>();
  for (const { service, retryDelays } of topicsOf(domains).flatMap((topic) => topic.consumers)) {
    derived.set(metricName(deadLetterTopicName(service)), service);
    for (const delay of retryDelays) derived.set(metricName(retryTopicName(service, formatDuration(delay))), service);
  }
  for (const topic of topicsOf(domains)) {
    const { name, source } = topic;
    if (name === "." || name === "..")
      problems.push(
        problemAt(
          "invalid-name",
          source,
          `a topic can't be named ${JSON.stringify(name)}`,
          "give it a name that says what it holds",
        ),
      );
    const prefix = reservedTopicPrefixes.find((reserved) => name.startsWith(reserved));
    if (prefix !== undefined)
      problems.push(
        problemAt(
          "reserved-name",
          source,
          `topics that begin with ${JSON.stringify(prefix)} belong to the platform`,
          "choose another name",
        ),
      );
    const group = derived.get(metricName(name));
    if (isDerivedTopicName(name) || group !== undefined) {
      problems.push(
        problemAt(
          "reserved-name",
          source,
          `${JSON.stringify(name)} has the form of a dead-letter or retry topic${group === undefined ? "" : ` of ${group}`}; those are derived from consumers`,
          "delete it, or choose another name",
        ),
      );
    }
    const other = first.get(metricName(name));
    if (other === undefined) first.set(metricName(name), topic);
    else if (other.name === name)
      problems.push(
        problemAt(
          "duplicate-topic",
          source,
          `the topic ${name} is declared at ${standsAt(other.source)} already`,
          "delete one of the two, or rename it",
        ),
      );
    else
      problems.push(
        problemAt(
          "colliding-topic",
          source,
          `the topic ${name} collides with ${other.name} (${standsAt(other.source)}): Kafka's metrics do not distinguish '.' and '_'`,
          "use '-' between words",
        ),
      );
  }
  const names = new Map(topicsOf(domains).map((topic) => [topic.name, topic]));
  for (const { topic, stacks, source } of domains.flatMap((domain) => domain.removals)) {
    const declared = names.get(topic);
    // A topic that is removed from some environments stays declared for the others.
    if (declared !== undefined && (stacks === undefined || stacks.some((stack) => isIn(declared, stack))))
      problems.push(
        problemAt(
          "removal-of-declared",
          source,
          `the removal names ${topic}, which is declared at ${standsAt(declared.source)}`,
          "delete the declaration (or the environment from its stacks), or this entry",
        ),
      );
  }
  return problems;
}

function checkEvents(domains: readonly Domain[]): Problem[] {
  const problems: Problem[] = [];
  const events = new Map<string, SourceLocation>();
  const records = new Map<string, { event: string; source: SourceLocation }>();
  for (const topic of topicsOf(domains)) {
    for (const event of [...topic.events].sort(bySource)) {
      const sameEvent = events.get(event.name);
      if (sameEvent !== undefined)
        problems.push(
          problemAt(
            "duplicate-event",
            event.source,
            `the event ${event.name} is declared at ${standsAt(sameEvent)} already`,
            "give one of them another name",
          ),
        );
      else events.set(event.name, event.source);
      const sameRecord = records.get(event.record);
      if (sameRecord !== undefined)
        problems.push(
          problemAt(
            "duplicate-record",
            event.source,
            `the record ${event.record} belongs to ${sameRecord.event} (${standsAt(sameRecord.source)}) already`,
            "give this event a record of its own",
          ),
        );
      else records.set(event.record, { event: event.name, source: event.source });
    }
  }
  for (const event of topicsOf(domains).flatMap((topic) => topic.events)) {
    const taken =
      event.references === undefined ? undefined : sharedTypesOf([event]).find(({ name }) => records.has(name));
    const owner = taken === undefined ? undefined : records.get(taken.name);
    if (taken === undefined || owner === undefined) continue;
    problems.push(
      problemAt(
        "schema-shared-record",
        event.source,
        `the schema of ${event.name} refers to ${taken.name}, which is the record of ${owner.event} (${standsAt(owner.source)})`,
        "move what both need to a type in a file of its own",
      ),
    );
  }
  return problems;
}

function checkServices(domains: readonly Domain[]): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map<string, Domain>();
  for (const domain of domains) {
    for (const service of domain.services) {
      const other = owners.get(service);
      if (other !== undefined && other !== domain)
        problems.push(
          problemAt(
            "duplicate-service-owner",
            domainPlace(domain, `services.${service}`),
            `the service ${service} is listed in the domains ${other.name} (${standsAt(domainPlace(other, `services.${service}`))}) and ${domain.name}`,
            "list it in one of them",
          ),
        );
      else owners.set(service, domain);
    }
    for (const { service, source } of [
      ...domain.services.map((service) => ({ service, source: domainPlace(domain, `services.${service}`) })),
      ...domain.topics.flatMap((topic) => [...topic.producers, ...topic.consumers]),
    ]) {
      if (platformPrincipals.some((reserved) => reserved === service))
        problems.push(
          problemAt(
            "reserved-name",
            source,
            `${JSON.stringify(service)} is a principal of the platform`,
            "give the service another name",
          ),
        );
    }
  }
  return problems;
}
