/** The texts of a template with a new name. Pure: text in, text out. */

import type { ServiceNames } from "./names.ts";
import { pascalCase } from "./names.ts";

/** An event of the template that the copy publishes under its own name. */
export interface RenamedEvent {
  readonly from: { readonly event: string; readonly record: string; readonly schemaPath: string };
  readonly to: { readonly event: string; readonly record: string; readonly schemaPath: string };
}

/** Names that change from a template to its copy. */
export interface Renaming {
  /** Contains the start function that the template really exports. */
  readonly from: ServiceNames;
  readonly to: ServiceNames;
  /** Published events; consumed events keep their names. */
  readonly events: readonly RenamedEvent[];
  /** The copy's own topics by those that the template publishes to. */
  readonly topics: ReadonlyMap<string, string>;
  /** Namespaces of the published records, for full names. */
  readonly namespaces: readonly string[];
  /** Prefix of the template's keys in Redis; absent: it has none. */
  readonly redisPrefix?: string;
}

/** The copy's name of a published event: its first word becomes the copy's. */
export function renamedEvent(event: string, stem: string): string {
  return `${stem}.${event.slice(event.indexOf(".") + 1)}`;
}

/** The record of an event; unique in the whole platform. */
export function recordOf(event: string): string {
  return pascalCase(event);
}

/** The copy's own name of a topic that the template publishes to. */
export function renamedTopic(topic: string, fromStem: string, toStem: string): string {
  return topic.includes(fromStem) ? topic.replace(fromStem, toStem) : `${toStem}-${topic}`;
}

/** The same file in the copy, with the template's names replaced. */
export function renameText(path: string, text: string, renaming: Renaming): string {
  const { from, to } = renaming;
  const code = /\.[cm]?[jt]s$/.test(path);
  let result = text;
  result = replaceWord(result, from.service, to.service);
  result = replaceWord(result, from.database, to.database);
  result = replaceWord(result, from.startFunction, to.startFunction);
  if (renaming.redisPrefix !== undefined)
    result = result.replaceAll(new RegExp(`(["'\`])${escaped(renaming.redisPrefix)}`, "g"), `$1${to.stem}:`);
  for (const [topic, own] of renaming.topics) result = replaceWord(result, topic, own);
  for (const event of renaming.events) {
    result = result.replaceAll(
      event.from.schemaPath.replace(/^schemas\//, ""),
      event.to.schemaPath.replace(/^schemas\//, ""),
    );
    for (const namespace of renaming.namespaces)
      result = replaceWord(result, `${namespace}.${event.from.record}`, `${namespace}.${event.to.record}`);
    result = result.replaceAll(new RegExp(`(["'\`])${escaped(event.from.record)}\\1`, "g"), `$1${event.to.record}$1`);
    result = code
      ? renameInCode(result, event.from.event, event.to.event)
      : replaceWord(result, event.from.event, event.to.event);
  }
  // Customers use one address, which stays the template's.
  if (path === "template.yaml") result = result.replace(/^exposed:.*\n/mu, "");
  return code ? renameMetrics(result, from.stem, to.stem) : result;
}

/** Name of the function that a template's `src/service.ts` exports to start it. */
export function startFunctionOf(text: string): string | undefined {
  return /\bexport (?:async )?function (start\w+)\(options: StartOptions\b/.exec(text)?.[1];
}

/** Origin of the copy, for its README: after the title. */
export function withOrigin(readme: string, template: string, notes: readonly string[]): string {
  const [title = "", ...rest] = readme.split("\n");
  return [title, "", `Begun as a copy of ${template}. ${notes.join(" ")}`.trimEnd(), ...rest].join("\n");
}

/** Code may contain `order.created` as a field of an object: only whole texts and comments name events. */
function renameInCode(text: string, from: string, to: string): string {
  const quoted = text.replaceAll(new RegExp(`(["'\`])${escaped(from)}\\1`, "g"), `$1${to}$1`);
  return quoted
    .split("\n")
    .map((line) => {
      const comment = /^\s*(?:\/\*|\*|\/\/)/.test(line) ? 0 : line.search(/\s\/\/ /);
      return comment === -1 ? line : `${line.slice(0, comment)}${replaceWord(line.slice(comment), from, to)}`;
    })
    .join("\n");
}

/** Metrics with the template's name, and the saga's label. */
function renameMetrics(text: string, from: string, to: string): string {
  const [fromWord, toWord] = [from.replaceAll("-", "_"), to.replaceAll("-", "_")];
  return text
    .replaceAll(new RegExp(`(\\bname: ")${escaped(fromWord)}(_[a-z0-9_]+")`, "g"), `$1${toWord}$2`)
    .replaceAll(new RegExp(`(\\bsaga: ")${escaped(from)}(")`, "g"), `$1${to}$2`);
}

/** Replaces a name that is not part of a longer one. */
function replaceWord(text: string, from: string, to: string): string {
  return text.replaceAll(new RegExp(`(?<![\\w$-])${escaped(from)}(?![\\w-])`, "g"), to.replaceAll("$", "$$$$"));
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\-]/g, "\\$&");
}
