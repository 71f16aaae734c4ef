import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { catalogue } from "./catalogue.ts";
import { exceptionsSchema } from "./exceptions.ts";
import { type CheckKind, type Example, type Rule, subjects } from "./rule.ts";

/** Path of the page of all rules, relative to the project's root. */
export const documentationPath = "docs/guide/policies.md";

/** Path from which editors load the format of the exceptions file. */
export const exceptionsJsonSchemaPath = "policies/exceptions.schema.json";

/** Returns the JSON Schema of the exceptions file, as text. */
export function exceptionsJsonSchema(): string {
  const schema = z.toJSONSchema(exceptionsSchema, { io: "input", target: "draft-2020-12" });
  return `${JSON.stringify({ ...schema, title: "Exceptions from rules", description: "Reference: docs/guide/policies.md." }, null, 2)}\n`;
}

/** Checks of other tools, with the rules of the catalogue that make them here. */
const elsewhere: readonly (readonly [check: string, rules: readonly string[]])[] = [
  ["duplicate topics", ["duplicate-topic", "yaml-duplicate-key"]],
  ["unknown configuration keys", ["unknown-key", "config-known"]],
  ["minimum and maximum partitions", ["partition-count"]],
  ["minimum and maximum replicas", ["replication-factor"]],
  ["prefix, suffix, pattern of names", ["topic-name"]],
  ["length up to 249, characters", ["invalid-name"]],
  ["names that collide in '.' and '_'", ["colliding-topic"]],
  ["duplicate principals", ["duplicate-principal", "duplicate-service-owner"]],
  ["a quota for each client", ["quota-present", "quota-declared"]],
  ["Avro: documentation, nullable fields, defaults", ["schema-doc", "schema-nullable", "schema-enum-default"]],
  ["compatibility level", ["compatibility-level"]],
  ["compatibility of a schema with earlier versions", ["schema-compatibility"]],
  ["names of subjects", ["subject-name"]],
  ["min ISR at most replicas − 1", ["min-isr-too-high"]],
  ["minimum min ISR by criticality", ["min-isr-floor"]],
  ["partitions a multiple of the racks", ["partitions-per-zone"]],
  ["no more replicas than racks", ["replication-zones", "replication-too-high"]],
  ["maximum retention unless labelled", ["retention-max"]],
  ["retention in bytes", ["retention-bytes"]],
  ["compacted topics keep tombstones", ["compact-tombstones", "compact-key"]],
  ["partition budget for each team", ["team-partition-budget"]],
  ["owner: label and slug", ["missing-key", "invalid-name", "owner-contact", "owner-known"]],
  ["classification and residency of data", ["data-classification", "data-residency"]],
  ["prefix of consumer groups", ["group-name"]],
  ["protected namespaces", ["reserved-name", "topic-namespace"]],
  ["no self-grant", ["no-self-grant", "acl-administration", "acl-undeclared"]],
  ["partitions and replicas don't change", ["partition-decrease", "replication-change"]],
  ["overlap of parent and child prefixes", ["acl-prefix-overlap", "acl-prefixed", "topic-prefix-overlap"]],
  ["list of allowed configuration", ["config-allowed"]],
];

const titles: Readonly<Record<(typeof subjects)[number], string>> = {
  files: "Files",
  names: "Names",
  topics: "Topics",
  capacity: "Capacity",
  ownership: "Owners and data",
  lifecycle: "Use and removal",
  schemas: "Schemas",
  access: "Access",
  quotas: "Quotas",
  consumers: "Consumers",
  sagas: "Sagas",
  resources: "Resources",
  workloads: "Workloads",
  exceptions: "Settings and exceptions",
};

/** Returns the page, from the catalogue. */
export function documentation(): string {
  const rules = [...catalogue.values()];
  const bySubject = subjects
    .map((subject) => ({ subject, own: rules.filter((rule) => rule.subject === subject) }))
    .filter(({ own }) => own.length > 0);
  return [
    introduction(rules.length),
    "## All rules",
    "",
    "| rule | level | summary | checked in |",
    "|---|---|---|---|",
    ...bySubject.flatMap(({ own }) =>
      own.map((rule) => `| [${rule.id}](#${rule.id}) | ${rule.level} | ${cell(rule.summary)} | ${where(rule)} |`),
    ),
    "",
    "## What other tools check",
    "",
    "| check | rules here |",
    "|---|---|",
    ...elsewhere.map(
      ([check, ids]) =>
        `| ${cell(check)} | ${ids
          .filter((id) => id !== "schema-compatibility")
          .map((id) => `[${known(id)}](#${id})`)
          .join(", ")}${ids.includes("schema-compatibility") ? "`kit diff`, and the registry during a preview" : ""} |`,
    ),
    "",
    ...bySubject.flatMap(({ subject, own }) => [`## ${titles[subject]}`, "", ...own.flatMap(describe)]),
  ].join("\n");
}

function known(id: string): string {
  if (!catalogue.has(id)) throw new Error(`The page names the rule ${id}, which is not in the catalogue.`);
  return id;
}

function introduction(count: number): string {
  return `# Rules

*\`node policies/documentation.ts\` generates this page from the catalogue in \`policies/\`; a test fails when it is out of date.*

One catalogue of ${count} rules applies everywhere: in \`kit check\` on a laptop and in CI, in \`pulumi preview --policy-pack policies\`,
and in \`pulumi policy analyze --policy-pack policies --file state.json\` on an exported state.

\`\`\`sh
npx kit check                                # every finding at once, without credentials or network
npx kit check --stack staging --fail-on warning
npx kit check --base origin/main             # also rules on changes, such as fewer partitions
npx kit check --format github                # annotations for GitHub Actions; sarif for code scanning
npx kit render prod --out rendered && npx kit check --stack prod --manifests rendered   # Kubernetes objects too
pulumi preview -s prod --policy-pack policies
\`\`\`

An **error** causes exit code 1 of \`kit check\` and fails a preview. A **warning** does so with \`--fail-on warning\`. **info** is shown only with
\`--verbose\`, and not in a preview. Rules of the model itself are always errors.

## Levels and parameters

A stack's file can set the level and the parameters of each rule. The catalogue's defaults apply to everything else.

\`\`\`yaml
config:
  event-platform:platform:
    policies:
      partition-count: {level: error, max: 60}
      quota-declared: warning
      message-size: "off"
\`\`\`

## Exceptions

\`policies/exceptions.yaml\` is next to the rules, so that their reviewers see the exceptions. Each exception names one rule, one object as the
finding shows it, a reason, an owner, and its last day. After that day it is an error; an unused exception is a warning.

\`\`\`yaml
exceptions:
  - rule: retention-max
    object: audit-events
    reason: Auditors ask for a year of orders.
    owner: checkout
    expires: 2027-06-30
    stacks: [prod]                # default: all
\`\`\`

## In a preview

An error is shown as *mandatory* and fails the preview, a warning as *advisory*. The pack needs no separate installation: it is part of
the project and uses its packages. Findings in files are shown at the stack, with their lines.

In staging and prod, services without a digest are rejected until \`kubernetes.workloads.images.digests\` contains the digests that
\`kit image build\` printed; in dev, the rule is off.

A policy sees only the new state. To detect a reduced number of partitions, the pack reads the old state with \`pulumi stack export\`;
set \`KIT_POLICY_BASELINE\` to a file with an exported state, or to \`none\`, to change that. Values that a preview does not know yet are
not checked. A stack of another project is checked with the catalogue's default levels, as for production.
`;
}

const places: Readonly<Record<CheckKind, string>> = {
  topic: "check, preview",
  subject: "check, preview",
  acl: "check, preview",
  quota: "check, preview",
  user: "check, preview",
  cluster: "check, preview",
  declaration: "check, preview",
  resource: "preview",
  manifest: "preview, manifests",
  manifests: "preview, manifests",
};

function where(rule: Rule): string {
  if (rule.refusal === true && rule.kinds.length === 0) return "check";
  return [...new Set(rule.kinds.map((kind) => places[kind]))].join("; ") || "check";
}

function describe(rule: Rule): string[] {
  const parameters = parametersOf(rule);
  return [
    `### ${rule.id}`,
    "",
    `**${rule.level}**${rule.refusal === true ? ", fixed" : ""} — ${rule.summary} ${rule.rationale}`,
    "",
    ...(parameters.length === 0 ? [] : [`Parameters: ${parameters.join(", ")}.`, ""]),
    ...example("Wrong", rule.wrong),
    ...example("Right", rule.right),
  ];
}

/** Returns a rule's parameters with their defaults, as a stack would write them. */
function parametersOf({ parameters }: Rule): string[] {
  const schema = z.toJSONSchema(parameters, { io: "input", unrepresentable: "any" });
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const fallback = typeof property === "object" ? property.default : undefined;
    return `\`${name}\`${fallback === undefined ? "" : ` (${JSON.stringify(fallback)})`}`;
  });
}

const languages: readonly (readonly [part: keyof Example, title: string, language: string])[] = [
  ["before", "the topic before the change", "yaml"],
  ["topic", "the topic", "yaml"],
  ["domain", "the domain's file", "yaml"],
  ["file", "the file", "yaml"],
  ["other", "another domain's file", "yaml"],
  ["stack", "the stack's settings", "yaml"],
  ["schema", "the schema", "json"],
  ["resources", "resources", "yaml"],
  ["manifest", "manifests", "yaml"],
  ["exceptions", "exceptions", "yaml"],
];

function example(title: string, parts: Example): string[] {
  const texts = languages.flatMap(([part, of, language]) => {
    const text = parts[part];
    return text === undefined ? [] : [`${title}, ${of}:`, "", `\`\`\`${language}`, text.trimEnd(), "```", ""];
  });
  return parts.prose === undefined ? texts : [`${title}: ${parts.prose}.`, "", ...texts];
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

// Run as a program, this file writes the page and the schema: node policies/documentation.ts
if (import.meta.main) {
  const root = join(import.meta.dirname, "..");
  await Promise.all([
    writeFile(join(root, documentationPath), documentation()),
    writeFile(join(root, exceptionsJsonSchemaPath), exceptionsJsonSchema()),
  ]);
}
