import { dirname } from "node:path";
import { type EnforcementLevel, type Policies, PolicyPack, type ReportViolation } from "@pulumi/policy";
import { catalogue } from "../catalogue.ts";
import type { ResourceFacts } from "../facts.ts";
import type { Finding } from "../finding.ts";
import { plain } from "../plain-text.ts";
import type { Level } from "../rule.ts";
import { type Baseline, readBaseline } from "./baseline.ts";
import { ResourceJudge } from "./judge.ts";
import { knownValues } from "./known-values.ts";
import { readPolicyProject, type StackName, stackOfUrn } from "./project.ts";

const packDir = dirname(import.meta.dirname);
const projectDir = dirname(packDir);
/** Folder of the previewed program. Its stack provides the state before the change. */
const programDir = process.cwd();

/** Pulumi has no level for information on request. `kit check --verbose` reports it. */
const enforcement: Readonly<Record<Level, EnforcementLevel>> = {
  error: "mandatory",
  warning: "advisory",
  info: "disabled",
};

/** Judge of each stack, with its topics before the change. It is created with the first resource of the stack. */
const judges = new Map<string, Promise<ResourceJudge>>();
const baselines = new Map<string, Promise<Baseline>>();

/**
 * Kubernetes objects as the program declares them, by URN. The stack policy receives outputs, in which the server has
 * set other values. For example, a Deployment with an autoscaler has a number of replicas there.
 */
const declaredObjects = new Map<string, ResourceFacts>();

/** Stacks for which the missing state was already reported. */
const told = new Set<string>();

function baselineOf({ stack }: StackName): Promise<Baseline> {
  const known = baselines.get(stack) ?? readBaseline(stack, programDir, process.env);
  baselines.set(stack, known);
  return known;
}

function judgeOf(name: StackName): Promise<ResourceJudge> {
  const key = `${name.project}/${name.stack}`;
  const known = judges.get(key) ?? makeJudge(name);
  judges.set(key, known);
  return known;
}

async function makeJudge(name: StackName): Promise<ResourceJudge> {
  const [project, baseline] = await Promise.all([readPolicyProject(projectDir, name), baselineOf(name)]);
  return new ResourceJudge(
    project,
    name,
    new Date().toISOString().slice(0, 10),
    baseline.ok ? baseline.topics : new Map(),
  );
}

interface Seen {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly props: Record<string, unknown>;
  readonly opts: { readonly protect: boolean };
}

function factsOf({ type, name, urn, props, opts }: Seen): ResourceFacts {
  return { type, name, urn, props: knownValues(props), protect: opts.protect };
}

/** A violation of a rule, at a resource or of the stack. */
interface Violation {
  readonly rule: string;
  readonly level: Level;
  readonly message: string;
  readonly urn?: string;
}

/**
 * Reports a violation under the rule's own name and level, whichever policy found it. The SDK accepts an object for
 * that (`makeReportViolationFun` in its server), which its types do not show.
 */
function violate(reportViolation: ReportViolation, { rule, level, message, urn }: Violation): void {
  const description = catalogue.get(rule)?.summary ?? rule;
  Reflect.apply(reportViolation, undefined, [
    { name: rule, description, message, enforcementLevel: enforcement[level], ...(urn === undefined ? {} : { urn }) },
  ]);
}

function report(reportViolation: ReportViolation, findings: readonly Finding[]): void {
  for (const { rule, level, file, line, column, message, fix } of findings) {
    if (level === "info") continue;
    const atResource = file.startsWith("urn:");
    const text = plain(fix === undefined ? message : `${message}. Fix: ${fix}`);
    violate(reportViolation, {
      rule,
      level,
      message: atResource ? text : `${plain(file)}:${line}:${column} ${text}`,
      ...(atResource ? { urn: file } : {}),
    });
  }
}

/*
 * Two policies do the work: one sees each resource, one sees all. The SDK unpacks every resource again for each policy.
 * The catalogue's rules are listed beside them, and report under their own names.
 */
const listed: Policies = [...catalogue.values()]
  .filter(({ kinds }) => kinds.length > 0)
  .map(({ id, summary, level, rationale }) => ({
    name: id,
    description: `${summary} ${rationale}`,
    enforcementLevel: level === "off" ? "disabled" : enforcement[level],
    url: `docs/guide/policies.md#${id}`,
  }));

// The SDK reads the pack's version from the current folder, which is the program's.
process.chdir(packDir);
new PolicyPack("event-platform", {
  policies: [
    ...listed,
    {
      name: "each-resource",
      description: "Checks each resource against the catalogue's rules, before it is changed.",
      enforcementLevel: "mandatory",
      async validateResource(args, reportViolation) {
        const name = stackOfUrn(args.urn);
        if (name === undefined) return;
        const resource = factsOf(args);
        if (args.type.startsWith("kubernetes:")) declaredObjects.set(args.urn, resource);
        const baseline = ResourceJudge.needsBaseline(resource) ? await baselineOf(name) : undefined;
        const judge = await judgeOf(name);
        report(reportViolation, judge.resource(resource));
        if (baseline?.ok === false && !told.has(name.stack)) {
          told.add(name.stack);
          violate(reportViolation, {
            rule: "partition-decrease",
            level: "warning",
            message: `the previous state of the topics could not be read, so a reduced number of partitions would not be detected: ${plain(baseline.reason)}`,
          });
        }
      },
    },
    {
      name: "whole-stack",
      description: "Checks all resources together, and the files they come from, against the catalogue's rules.",
      enforcementLevel: "mandatory",
      async validateStack(args, reportViolation) {
        const name = args.resources.map(({ urn }) => stackOfUrn(urn)).find((each) => each !== undefined);
        if (name === undefined) return;
        const judge = await judgeOf(name);
        report(
          reportViolation,
          judge.stack(args.resources.map((resource) => declaredObjects.get(resource.urn) ?? factsOf(resource))),
        );
      },
    },
  ],
});
