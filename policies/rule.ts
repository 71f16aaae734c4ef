import * as z from "zod";
import type { SourceLocation } from "../components/model/problems/source-location.ts";
import type { StackSettings } from "../components/model/stack/stack.ts";
import type { Model, TopicDeclaration } from "../components/model/types.ts";
import type { PlatformPlan } from "../components/plan/types.ts";
import type {
  AclFacts,
  ClusterFacts,
  QuotaFacts,
  ResourceFacts,
  SubjectFacts,
  TopicFacts,
  UserFacts,
} from "./facts.ts";

/** How much a finding weighs: errors and, if wanted, warnings fail a check; information never does. */
export type Level = "error" | "warning" | "info";

/** Levels from grave to light; also what a stack may set, besides `off`. */
export const levels = ["error", "warning", "info"] as const satisfies readonly Level[];

/** What a stack may make of a rule. */
export type LevelSetting = Level | "off";

/** Parts of the catalogue, in the order of its page. */
export const subjects = [
  "files",
  "names",
  "topics",
  "capacity",
  "ownership",
  "lifecycle",
  "schemas",
  "access",
  "quotas",
  "consumers",
  "sagas",
  "resources",
  "workloads",
  "exceptions",
] as const;

/** What a rule is about. */
export type Subject = (typeof subjects)[number];

/** What a rule has to say about one object. */
export interface Breach {
  /** What is wrong, with the value that is wrong. */
  readonly message: string;
  /** What to type instead. */
  readonly fix?: string;
  /** What the finding is about, where it is not the object at hand: exceptions name it. */
  readonly object?: string;
  /** Where it stands, where that is not the object's own place. */
  readonly at?: SourceLocation;
}

/** Nothing, one breach or several. */
export type Breaches = Breach | readonly Breach[] | undefined;

/** A Kubernetes object as plain data. Values that a preview does not know yet are absent. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** What every check may look at besides its object. */
export interface Scope {
  readonly stack: StackSettings;
  /** The day of the check, `YYYY-MM-DD`. */
  readonly today: string;
  /** How a topic is declared, where it is. */
  readonly declarationOf: (topic: string) => TopicDeclaration | undefined;
  /** A topic as it was before the change at hand; undefined for a new one, and where there is nothing to compare with. */
  readonly before: (topic: string) => TopicBefore | undefined;
}

/** What must not shrink or move unnoticed. */
export interface TopicBefore {
  readonly partitions?: number;
  readonly replicationFactor?: number;
}

/** What was declared as a whole. */
export interface Declaration {
  readonly model: Model;
  readonly plan: PlatformPlan;
}

/**
 * The checks of a rule, by what they look at; all pure. A check of a single object (`topic`, `acl`, …) or of the
 * cluster's objects together (`cluster`) decides in `kit check` (from the plan) and in a preview (from resources).
 * `declaration` looks at the files; `resource` and `manifest` at what a preview shows, `manifests` at all of the
 * latter together, for rules on what must be there beside them.
 */
export interface Checks {
  readonly topic?: (topic: TopicFacts, scope: Scope) => Breaches;
  readonly subject?: (subject: SubjectFacts, scope: Scope) => Breaches;
  readonly acl?: (acl: AclFacts, scope: Scope) => Breaches;
  readonly quota?: (quota: QuotaFacts, scope: Scope) => Breaches;
  readonly user?: (user: UserFacts, scope: Scope) => Breaches;
  readonly cluster?: (cluster: ClusterFacts, scope: Scope) => Breaches;
  readonly declaration?: (declaration: Declaration, scope: Scope) => Breaches;
  readonly resource?: (resource: ResourceFacts, scope: Scope) => Breaches;
  readonly manifest?: (manifest: Manifest, scope: Scope) => Breaches;
  readonly manifests?: (manifests: readonly Manifest[], scope: Scope) => Breaches;
}

/** What a check looks at. */
export type CheckKind = keyof Checks;

/**
 * An example as YAML, shown in the documentation and run by the tests. `topic`, `domain` and `stack` are laid over a
 * good topic, its domain file and a stack's settings, where null takes a field away; `schema` replaces the topic's
 * schema; `file` stands for a whole domain file; `before` for the topic before the change; `resources` is a list of
 * `{type, name, props, protect?}`; `manifest` Kubernetes objects, one or several documents.
 */
export interface Example {
  readonly topic?: string;
  readonly domain?: string;
  readonly stack?: string;
  readonly schema?: string;
  readonly file?: string;
  readonly before?: string;
  /** Another domain file, whole; its `domain` names it. */
  readonly other?: string;
  /** Entries of `policies/exceptions.yaml`. */
  readonly exceptions?: string;
  readonly resources?: string;
  readonly manifest?: string;
  /** In words, where no text could show it. */
  readonly prose?: string;
}

/** What a rule is, as its author writes it. */
export interface RuleDefinition<P> {
  /** Stable: exceptions, stacks and CI refer to it. */
  readonly id: string;
  readonly subject: Subject;
  /** Level where a stack sets none. */
  readonly level: LevelSetting;
  /** One sentence: what must be so. */
  readonly summary: string;
  /** Why. */
  readonly rationale: string;
  /** What a stack may set, each with a default: `parse({})` gives the defaults. */
  readonly parameters?: z.ZodType<P>;
  /** Whether the model itself refuses it while files are read: then no stack can set a level, and the checks only see resources. */
  readonly refusal?: boolean;
  readonly wrong: Example;
  readonly right: Example;
  readonly checks: (parameters: P) => Checks;
}

/** A rule of the catalogue. */
export interface Rule extends Omit<RuleDefinition<never>, "parameters" | "checks"> {
  /** Format of its parameters in a stack's settings. */
  readonly parameters: z.ZodType;
  /** What it looks at. Empty for refusals of the model, which are made while files are read. */
  readonly kinds: readonly CheckKind[];
  /** The checks for given parameters, as a stack writes them; they must be valid. */
  readonly checks: (parameters: unknown) => Checks;
}

const noParameters = z.strictObject({});

/** A rule without parameters. */
export function rule(definition: Omit<RuleDefinition<unknown>, "parameters">): Rule {
  const checks = definition.checks(undefined);
  return { ...definition, parameters: noParameters, kinds: kindsOf(checks), checks: () => checks };
}

/** A rule with parameters. */
export function ruleWith<P>(definition: RuleDefinition<P> & { readonly parameters: z.ZodType<P> }): Rule {
  const { parameters, checks } = definition;
  return {
    ...definition,
    kinds: kindsOf(checks(parameters.parse({}))),
    checks: (given) => checks(parameters.parse(given)),
  };
}

function kindsOf(checks: Checks): CheckKind[] {
  return Object.keys(checks).filter((kind): kind is CheckKind => checks[kind as CheckKind] !== undefined);
}
