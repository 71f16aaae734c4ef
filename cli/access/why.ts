/** `kit access why`: parses the question from the command line and formats the answer for people. */

import type { SourceLocation } from "../../components/model/problems/source-location.ts";
import { closest, didYouMean } from "../../components/model/problems/suggestion.ts";
import { slugPattern, superUsers } from "../../components/model/values/names.ts";
import type { AccessAnswer, AccessQuestion } from "../../components/plan/access/explain-access.ts";
import { explainAccess } from "../../components/plan/access/explain-access.ts";
import type { AclOperation } from "../../components/plan/types.ts";
import type { CommandContext } from "../context.ts";
import { readDeclaredProject } from "../declaration/declared-project.ts";
import { KitError } from "../errors.ts";
import { colorsFor } from "../terminal/output.ts";

const OPERATIONS: readonly AclOperation[] = [
  "Read",
  "Write",
  "Describe",
  "DescribeConfigs",
  "Create",
  "Delete",
  "Alter",
  "AlterConfigs",
  "ClusterAction",
  "IdempotentWrite",
];

/** A question with its answer. */
export interface Asked {
  readonly question: AccessQuestion;
  readonly answer: AccessAnswer;
  /** Whether any file names the principal. */
  readonly known: boolean;
}

/** The words of the command line. */
export interface AccessWords {
  readonly stack: string;
  readonly principal: string;
  /** Topic or group. */
  readonly resource: string;
  readonly operation: string;
  readonly group: boolean;
}

/**
 * Answers from the declaration alone.
 * @throws KitError `KIT_USAGE` for an unknown operation, principal or resource, with the closest known name.
 */
export async function askAccess(context: CommandContext, words: AccessWords): Promise<Asked> {
  const { model, plan } = await readDeclaredProject(context, words.stack);
  const operation = OPERATIONS.find(
    (known) => known.toLowerCase() === words.operation.toLowerCase().replaceAll(/[-_]/g, ""),
  );
  if (operation === undefined)
    throw unknown(
      "operation",
      words.operation,
      OPERATIONS.map((known) => known.toLowerCase()),
    );
  const principal = words.principal.replace(/^User:/, "");
  const principals = new Set<string>([
    ...superUsers,
    ...plan.principals.map(({ name }) => name),
    ...model.domains.flatMap(({ services }) => services),
  ]);
  // An unknown service may ask what it must declare; a misspelt known name is an error.
  if (!principals.has(principal) && !isNewService(principal, principals))
    throw unknown("principal", principal, principals);
  const resources = words.group
    ? plan.principals.filter(({ kind }) => kind === "service").map(({ name }) => name)
    : plan.topics.map(({ name }) => name);
  if (!resources.includes(words.resource))
    throw unknown(words.group ? "consumer group" : "topic", words.resource, resources);
  const question: AccessQuestion = {
    principal,
    operation,
    resourceType: words.group ? "Group" : "Topic",
    resourceName: words.resource,
  };
  return { question, answer: explainAccess(model, plan, question), known: principals.has(principal) };
}

function isNewService(name: string, known: Iterable<string>): boolean {
  return new RegExp(slugPattern, "u").test(name) && closest(name, known) === undefined;
}

function unknown(what: string, given: string, known: Iterable<string>): KitError {
  const meant = didYouMean(given, known);
  return new KitError(
    "KIT_USAGE",
    `There is no ${what} ${JSON.stringify(given)}.`,
    meant === undefined ? {} : { fix: `${meant.slice(0, 1).toUpperCase()}${meant.slice(1)}` },
  );
}

/** The JSON document. */
export function answerDocument({ question, answer }: Asked): object {
  const { missing } = answer;
  return {
    principal: question.principal,
    operation: question.operation,
    resourceType: question.resourceType,
    resource: question.resourceName,
    allowed: answer.allowed,
    because: answer.because,
    rules: answer.rules.map(({ acl, declared }) => ({ key: acl.key, reason: acl.reason, declared })),
    ...(missing === undefined
      ? {}
      : {
          missing: {
            file: missing.at.file,
            line: missing.at.line,
            path: missing.path,
            add: missing.line,
            ...(missing.command === undefined ? {} : { command: missing.command }),
          },
        }),
    ...(answer.store === undefined ? {} : { store: answer.store }),
  };
}

/** The answer for people. */
export function writeAnswer(context: CommandContext, { question, answer, known }: Asked): void {
  const colors = colorsFor(context.stdout, context.env);
  const verdict = answer.allowed ? colors.green("allowed") : colors.red("denied");
  const lines = [
    `${verdict}: ${question.principal} ${question.operation} ${question.resourceType.toLowerCase()} ${question.resourceName}`,
    `  because ${answer.because}`,
  ];
  for (const { acl, declared } of answer.rules)
    lines.push(`  rule ${acl.key}${declared.length === 0 ? "" : ` from ${declared.map(place).join(", ")}`}`);
  for (const each of answer.store ?? []) lines.push(`  besides, ${each}`);
  if (answer.missing !== undefined) {
    const { at, path, line, command } = answer.missing;
    lines.push(
      "",
      `To allow it, add to ${at.file} below ${path.join(" → ")} (the topic is in line ${at.line}):`,
      `  ${colors.green(line)}`,
    );
    if (command !== undefined) lines.push("", `or: ${command}`);
    if (!known)
      lines.push(
        "",
        `No file lists ${question.principal} yet: add it to services: in the file of the team that runs it.`,
      );
  }
  context.stdout.write(`${lines.join("\n")}\n`);
}

function place({ file, line }: SourceLocation): string {
  return `${file}:${line}`;
}
