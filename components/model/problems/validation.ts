import { stringify } from "yaml";
import * as z from "zod";
import type { Reading } from "../types.ts";
import { type Problem, sortProblems } from "./problem.ts";
import { type ModelRule, modelRules } from "./rules.ts";
import type { SourceLocation } from "./source-location.ts";
import { didYouMean } from "./suggestion.ts";

/** Steps from a file's root to a value. */
export type PropertyPath = readonly PropertyKey[];

/**
 * Locations of the values and keys of a file. A path that does not exist has the location of its nearest parent.
 */
export interface Located {
  place(path: PropertyPath, part?: "key" | "value"): SourceLocation;
}

/** Returns locations for values that do not come from a file: every location is the first character of the origin. */
export function unlocated(origin: string): Located {
  return { place: () => ({ file: origin, line: 1, column: 1 }) };
}

/** Prints a path as users write it: `topics.order-events.partitions`, `kafka.zones[1]`. */
export function formatPath(path: PropertyPath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[A-Za-z0-9_-]+$/.test(String(step))) text += text === "" ? String(step) : `.${String(step)}`;
    else text += `[${JSON.stringify(String(step))}]`;
  }
  return text;
}

/** Validates a value against a schema of this package. Each issue becomes a problem at its location. */
export function validate<S extends z.ZodType>(schema: S, value: unknown, at: Located): Reading<z.output<S>> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return { ok: true, value: result.data };
  return {
    ok: false,
    problems: sortProblems(result.error.issues.flatMap((issue) => describeIssue(issue, schema, value, at))),
  };
}

function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodType, root: unknown, at: Located): Problem[] {
  const path = issue.path;
  const subject = formatPath(path);
  const problem = (
    rule: ModelRule,
    message: string,
    fix?: string,
    part: "key" | "value" = "value",
    where: PropertyPath = path,
  ): Problem => ({
    rule,
    ...at.place(where, part),
    message,
    ...(fix === undefined ? {} : { fix }),
  });
  const of = subject === "" ? "the file" : subject;
  const found = valueAt(root, path);
  if (found === undefined && issue.code !== "unrecognized_keys") {
    const key = String(path.at(-1));
    const within = path.length > 1 ? ` in ${formatPath(path.slice(0, -1))}` : "";
    return path.length === 0
      ? [problem("missing-key", "there is no value")]
      : [
          problem(
            "missing-key",
            `${JSON.stringify(key)} is missing${within}`,
            `add ${key}: …${forExample(schema, path)}`,
            typeof path.at(-2) === "number" ? "value" : "key",
            path.slice(0, -1),
          ),
        ];
  }

  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) =>
        problem(
          "unknown-key",
          `unknown key ${JSON.stringify(key)}${subject === "" ? "" : ` in ${subject}`}`,
          didYouMean(key, knownKeys(schema, path)),
          "key",
          [...path, key],
        ),
      );
    case "invalid_type":
      if (!issue.message.startsWith("Invalid input"))
        return [
          problem(
            "invalid-unit",
            `${of}: ${issue.message}`,
            typeof found === "number" ? "write the unit right after the number" : undefined,
          ),
        ];
      if (path.length === 0 && found === null)
        return [
          problem(
            "wrong-type",
            "the file is empty",
            `write its fields (${knownKeys(schema, path).slice(0, 3).join(", ")}, …), or delete it`,
          ),
        ];
      return [
        problem(
          "wrong-type",
          `${of} must be ${typeNames[issue.expected] ?? `a ${issue.expected}`}; got ${shown(found)}`,
          typeFix(issue.expected, found) ?? exampleFix(schema, path),
        ),
      ];
    case "invalid_value":
      return [
        problem(
          "invalid-value",
          `${of} must be one of ${issue.values.map(String).join(", ")}; got ${shown(found)}`,
          didYouMean(String(found), issue.values.map(String)),
        ),
      ];
    case "invalid_union":
      return [problem("invalid-value", `${of} is not allowed: ${shown(found)}`, allowedLiterals(schema, path))];
    case "invalid_key":
      return [
        problem(
          "invalid-name",
          issue.issues[0]?.message ?? `${shown(path.at(-1))} is not allowed as a name`,
          nameFix(String(path.at(-1))),
          "key",
        ),
      ];
    case "invalid_format":
      return [
        problem(
          "invalid-name",
          `${of}: ${issue.message}`,
          typeof found === "string" ? nameFix(found, issue.pattern) : undefined,
        ),
      ];
    case "too_small":
      return [
        problem(
          "invalid-value",
          found === "" || (Array.isArray(found) && found.length === 0)
            ? `${of} is empty`
            : `${of} must be ${issue.inclusive === false ? "above" : "at least"} ${issue.minimum}; got ${shown(found)}`,
        ),
      ];
    case "too_big":
      if (Array.isArray(found))
        return [problem("invalid-value", `${of} must have at most ${issue.maximum} entries; it has ${found.length}`)];
      return [
        problem(
          "invalid-value",
          `${of} must be at most ${issue.maximum}${typeof found === "string" ? " characters long" : ""}; got ${shown(found)}`,
        ),
      ];
    case "custom": {
      const rule = issue.params?.rule;
      const fix = issue.params?.fix;
      return [
        problem(
          typeof rule === "string" && Object.hasOwn(modelRules, rule) ? (rule as ModelRule) : "invalid-value",
          `${of}: ${issue.message}`,
          typeof fix === "string" ? fix : undefined,
        ),
      ];
    }
    default:
      return [problem("invalid-value", `${of}: ${issue.message}`)];
  }
}

function valueAt(root: unknown, path: PropertyPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/** Returns the part of a schema at a path, for suggestions; undefined if there is none. */
function schemaAt(schema: z.core.$ZodType, path: PropertyPath): z.core.$ZodType | undefined {
  let current: z.core.$ZodType | undefined = schema;
  for (const step of path) {
    const inner: z.core.$ZodType | undefined = current === undefined ? undefined : unwrapped(current);
    if (inner instanceof z.core.$ZodObject) current = inner._zod.def.shape[String(step)];
    else if (inner instanceof z.core.$ZodRecord) current = inner._zod.def.valueType;
    else if (inner instanceof z.core.$ZodArray) current = inner._zod.def.element;
    else return undefined;
  }
  return current === undefined ? undefined : unwrapped(current);
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  if (
    schema instanceof z.core.$ZodOptional ||
    schema instanceof z.core.$ZodDefault ||
    schema instanceof z.core.$ZodPrefault
  )
    return unwrapped(schema._zod.def.innerType);
  return schema;
}

/** Returns the example of a field as the file would contain it; empty if it has none that fits on a line. */
function exampleOf(schema: z.core.$ZodType, path: PropertyPath): string {
  let found = schemaAt(schema, path);
  for (;;) {
    const inner = found === undefined ? undefined : unwrapped(found);
    const examples: unknown = inner === undefined ? undefined : z.globalRegistry.get(inner)?.examples;
    const example: unknown = Array.isArray(examples) ? examples[0] : undefined;
    if (example !== undefined) {
      const text = stringify(example, { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 }).trim();
      return text.length > 120 ? "" : text;
    }
    if (!(inner instanceof z.core.$ZodPipe)) return "";
    found = inner._zod.def.in;
  }
}

function exampleFix(schema: z.core.$ZodType, path: PropertyPath): string | undefined {
  const example = exampleOf(schema, path);
  return example === "" ? undefined : `for example ${example}`;
}

function forExample(schema: z.core.$ZodType, path: PropertyPath): string {
  const example = exampleOf(schema, path);
  return example === "" ? "" : `, for example ${example}`;
}

function knownKeys(schema: z.core.$ZodType, path: PropertyPath): string[] {
  const found = schemaAt(schema, path);
  return found instanceof z.core.$ZodObject ? Object.keys(found._zod.def.shape) : [];
}

function allowedLiterals(schema: z.core.$ZodType, path: PropertyPath): string | undefined {
  const found = schemaAt(schema, path);
  if (!(found instanceof z.core.$ZodUnion)) return undefined;
  const literals = found._zod.def.options.flatMap((option) =>
    option instanceof z.core.$ZodLiteral ? option._zod.def.values.map(String) : [],
  );
  return literals.length === 0 ? undefined : `use one of ${literals.join(", ")}`;
}

/**
 * Returns the name that the user probably meant: without typographic quotes, as a slug, or as one word; undefined if
 * none is valid.
 * @param pattern - The allowed pattern, as a regular expression between slashes.
 */
function nameFix(name: string, pattern?: string): string | undefined {
  const bare = name.replace(/["'`\u2018-\u201f\u00ab\u00bb]/g, "").trim();
  const slug = bare
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, "-")
    .replace(/^[^a-z]+|[-.]+$/g, "");
  const oneWord = bare.replace(/[^A-Za-z0-9_]+(.)?/g, (_, next: string | undefined) => (next ?? "").toUpperCase());
  const allowed = pattern === undefined ? undefined : new RegExp(pattern.replace(/^\/|\/[a-z]*$/g, ""), "u");
  const fits = (candidate: string): boolean =>
    candidate !== "" && candidate !== name && (allowed === undefined || allowed.test(candidate));
  const found = (allowed === undefined ? [slug] : [bare, slug, oneWord]).find(fits);
  return found === undefined ? undefined : `for example ${found}`;
}

const typeNames: Readonly<Record<string, string>> = {
  object: "a mapping",
  record: "a mapping",
  array: "a list",
  string: "a text",
  int: "a whole number",
  number: "a number",
  boolean: "true or false",
};

/**
 * Returns the fix for a value of the wrong type; undefined if there is none. The usual faults are a number in quotes,
 * and a date or a number instead of a text.
 */
function typeFix(expected: string, found: unknown): string | undefined {
  if ((expected === "int" || expected === "number") && typeof found === "string" && /^\d+$/.test(found))
    return `write ${found} without quotes`;
  if (expected === "string" && (typeof found === "number" || typeof found === "boolean"))
    return `put it in quotes: "${found}"`;
  if ((expected === "record" || expected === "object") && Array.isArray(found))
    return "write `name:` and its fields below, without dashes";
  if ((expected === "record" || expected === "object") && found === null)
    return "write its fields below, indented by two blanks; or take the key away";
  if (expected === "array" && (typeof found === "string" || typeof found === "number"))
    return `put it in brackets: [${String(found)}]`;
  return undefined;
}

function shown(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
