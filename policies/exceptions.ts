import * as z from "zod";
import type { SourceLocation } from "../components/model/problems/source-location.ts";
import { didYouMean } from "../components/model/problems/suggestion.ts";
import { validate } from "../components/model/problems/validation.ts";
import { refusalFixes, refusalRule, refusalText } from "../components/model/schemas/schema-files.ts";
import type { SourceFile } from "../components/model/source-file.ts";
import { day, reason, slug } from "../components/model/values/field-types.ts";
import { readYaml } from "../components/model/yaml/yaml-document.ts";
import type { Finding } from "./finding.ts";
import type { Rule } from "./rule.ts";

/**
 * Path of the exceptions, relative to the project's root. They are beside the rules, so that the reviewers of the rules
 * see them.
 */
export const exceptionsPath = "policies/exceptions.yaml";

const exception = z
  .strictObject({
    rule: slug("Id of the rule, as a finding shows it.", "retention-max"),
    object: z
      .string()
      .min(1)
      .max(300)
      .meta({
        description: "Object of the exception, as the finding names it: a topic, a service, a resource.",
        examples: ["audit-events"],
      }),
    reason: reason("Why the rule does not apply here."),
    owner: slug("Team that is responsible for the exception.", "checkout"),
    expires: day("Last day of the exception."),
    stacks: z
      .array(slug("Name of a stack.", "dev"))
      .min(1)
      .meta({ description: "Stacks that it applies to. Default: all.", examples: [["dev"]] })
      .optional(),
  })
  .meta({
    description: "One object that may break one rule until a day.",
    examples: [
      {
        rule: "retention-max",
        object: "audit-events",
        reason: "Auditors need a year.",
        owner: "checkout",
        expires: "2027-01-31",
      },
    ],
  });

/** Format of the exceptions file. */
export const exceptionsSchema = z.strictObject({
  exceptions: z
    .array(exception)
    .max(2_000)
    .meta({
      description: "Exceptions from rules. Each has a last day.",
      examples: [
        [
          {
            rule: "retention-max",
            object: "audit-events",
            reason: "Auditors need a year.",
            owner: "checkout",
            expires: "2027-01-31",
          },
        ],
      ],
    }),
});

/** An exception and its location. */
export interface Exception extends z.output<typeof exception> {
  readonly source: SourceLocation;
}

/** Reads the file. Each fault in it is an error of its own, and the valid entries still apply. */
export function readExceptions(
  file: SourceFile,
  rules: ReadonlyMap<string, Rule>,
): { readonly exceptions: readonly Exception[]; readonly findings: readonly Finding[] } {
  if ("refused" in file) {
    if (file.refused === "not-found") return { exceptions: [], findings: [] };
    return {
      exceptions: [],
      findings: [
        {
          rule: refusalRule(file.refused),
          level: "error",
          file: file.path,
          line: 1,
          column: 1,
          message: refusalText(file.refused, file.detail),
          fix: refusalFixes[file.refused],
        },
      ],
    };
  }
  const yaml = readYaml(file.path, file.text);
  const asFinding = (problem: Omit<Finding, "level">): Finding => ({ ...problem, level: "error" });
  if (yaml.document === undefined || yaml.problems.length > 0)
    return { exceptions: [], findings: yaml.problems.map(asFinding) };
  const { value, at } = yaml.document;
  const read = validate(exceptionsSchema, value, at);
  if (!read.ok) return { exceptions: [], findings: read.problems.map(asFinding) };
  const findings: Finding[] = [];
  const exceptions = read.value.exceptions.flatMap((entry, index): Exception[] => {
    const rule = rules.get(entry.rule);
    const place = at.place(["exceptions", index, "rule"]);
    if (rule === undefined) {
      const fix = didYouMean(entry.rule, rules.keys());
      findings.push({
        rule: "unknown-rule",
        level: "error",
        ...place,
        message: `there is no rule ${JSON.stringify(entry.rule)}`,
        object: entry.object,
        ...(fix === undefined ? {} : { fix }),
      });
      return [];
    }
    if (rule.refusal === true) {
      findings.push({
        rule: "rule-not-adjustable",
        level: "error",
        ...place,
        message: `${entry.rule} allows no exceptions`,
        object: entry.object,
        fix: "delete the entry and correct the cause",
      });
      return [];
    }
    return [{ ...entry, source: at.place(["exceptions", index]) }];
  });
  return { exceptions, findings };
}

/** Findings after exceptions. */
export interface ExceptedFindings {
  /** Findings that no exception covers, and faults of the exceptions. */
  readonly findings: readonly Finding[];
  /** Findings that exceptions cover. */
  readonly excepted: readonly Finding[];
}

/**
 * Removes the findings that exceptions cover. An exception that has expired, or that ends later than
 * {@link LONGEST_EXCEPTION_DAYS} days from now, covers nothing and is an error. An exception that covers no finding is
 * a warning, if its rule was checked.
 */
export function applyExceptions(
  findings: readonly Finding[],
  exceptions: readonly Exception[],
  options: { readonly stack: string | undefined; readonly today: string; readonly lookedAt: (rule: string) => boolean },
): ExceptedFindings {
  const { stack, today, lookedAt } = options;
  const valid = new Map<string, Exception>();
  const own: Finding[] = [];
  for (const exception of exceptions) {
    const { rule, object, expires, owner, source } = exception;
    if (expires < today)
      own.push({
        rule: "exception-expired",
        level: "error",
        ...source,
        message: `the exception of ${object} from ${rule} ended on ${expires}`,
        fix: `correct the cause, or let ${owner} renew the exception with a reason`,
        object,
      });
    else if (expires > latestDay(today))
      own.push({
        rule: "exception-too-long",
        level: "error",
        ...source,
        message: `the exception of ${object} from ${rule} ends on ${expires}, more than ${LONGEST_EXCEPTION_DAYS} days ahead`,
        fix: `write ${latestDay(today)} or earlier, and renew it then`,
        object,
      });
    else if (exception.stacks === undefined || stack === undefined || exception.stacks.includes(stack))
      valid.set(keyOf(rule, object), exception);
  }
  const used = new Set<Exception>();
  const left: Finding[] = [];
  const excepted: Finding[] = [];
  for (const finding of findings) {
    const exception = finding.object === undefined ? undefined : valid.get(keyOf(finding.rule, finding.object));
    if (exception === undefined) left.push(finding);
    else {
      used.add(exception);
      excepted.push(finding);
    }
  }
  for (const exception of valid.values()) {
    if (used.has(exception) || !lookedAt(exception.rule)) continue;
    own.push({
      rule: "exception-unused",
      level: "warning",
      ...exception.source,
      message: `${exception.object} does not break ${exception.rule}`,
      fix: "delete the exception",
      object: exception.object,
    });
  }
  return { findings: [...left, ...own], excepted };
}

function keyOf(rule: string, object: string): string {
  return `${rule} ${object}`;
}

/** Returns the key of an exception: entries with the same key differ only in duration, stacks and reason. */
export function exceptionKey({ rule, object }: Exception): string {
  return keyOf(rule, object);
}

/** Maximum days that an exception may last from the day of the check. A team that needs it longer must ask again. */
export const LONGEST_EXCEPTION_DAYS = 180;
const DAY_MS = 86_400_000;

/** Returns the last day that an exception may name. */
function latestDay(today: string): string {
  return new Date(Date.parse(today) + LONGEST_EXCEPTION_DAYS * DAY_MS).toISOString().slice(0, 10);
}
