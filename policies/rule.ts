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

/** Severity of a finding. Errors, and on request warnings, fail a check. Information never does. */
export type Level = "error" | "warning" | "info";

/** Levels from severe to minor. A stack may set these and `off`. */
export const levels = ["error", "warning", "info"] as const satisfies readonly Level[];

/** Level that a stack may set for a rule. */
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

/** Subject of a rule. */
export type Subject = (typeof subjects)[number];

/** A breach of a rule by one object. */
export interface Breach {
  /** What is wrong, with the wrong value. */
  readonly message: string;
  /** What to write instead. */
  readonly fix?: string;
  /** Object of the finding, to which exceptions refer. Default: the checked object. */
  readonly object?: string;
  /** Location of the finding. Default: the location of the object. */
  readonly at?: SourceLocation;
}

/** No breach, one, or several. */
export type Breaches = Breach | readonly Breach[] | undefined;

/** A Kubernetes object as plain data. Unknown values of a preview are absent. */
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

/** Inputs of every check besides its object. */
export interface Scope {
  readonly stack: StackSettings;
  /** The day of the check, `YYYY-MM-DD`. */
  readonly today: string;
  /** Returns the declaration of a topic; undefined if it is not declared. */
  readonly declarationOf: (topic: string) => TopicDeclaration | undefined;
  /** Returns a topic before the change; undefined for a new one, and if there is no state to compare with. */
  readonly before: (topic: string) => TopicBefore | undefined;
}

/** Settings of a topic that must not shrink or move unnoticed. */
export interface TopicBefore {
  readonly partitions?: number;
  readonly replicationFactor?: number;
}

/** The whole declaration. */
export interface Declaration {
  readonly model: Model;
  readonly plan: PlatformPlan;
}

/**
 * The checks of a rule, by what they judge. All are pure. A check of a single object (`topic`, `acl`, …) or of the
 * cluster's objects together (`cluster`) runs in `kit check` (on the plan) and in a preview (on resources).
 * `declaration` judges the files. `resource` and `manifest` judge what a preview shows. `manifests` judges all
 * Kubernetes objects together, for rules on what must exist beside them.
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

/** What a check judges. */
export type CheckKind = keyof Checks;

/**
 * An example as YAML, shown in the documentation and run by the tests.
 * - `topic`, `domain` and `stack` are merged into a valid topic, its domain file and a stack's settings. Null removes a
 *   field.
 * - `schema` replaces the topic's schema.
 * - `file` is a whole domain file.
 * - `before` is the topic before the change.
 * - `resources` is a list of `{type, name, props, protect?}`.
 * - `manifest` holds Kubernetes objects, one or several documents.
 */
export interface Example {
  readonly topic?: string;
  readonly domain?: string;
  readonly stack?: string;
  readonly schema?: string;
  readonly file?: string;
  readonly before?: string;
  /** Another whole domain file, with the name in its `domain`. */
  readonly other?: string;
  /** Entries of `policies/exceptions.yaml`. */
  readonly exceptions?: string;
  readonly resources?: string;
  readonly manifest?: string;
  /** Description in words, if no text can show it. */
  readonly prose?: string;
}

/** A rule, as its author writes it. */
export interface RuleDefinition<P> {
  /** Stable id: exceptions, stacks and CI refer to it. */
  readonly id: string;
  readonly subject: Subject;
  /** Level if a stack sets none. */
  readonly level: LevelSetting;
  /** Requirement, in one sentence. */
  readonly summary: string;
  /** Reason for the rule. */
  readonly rationale: string;
  /** Parameters that a stack may set, each with a default: `parse({})` gives the defaults. */
  readonly parameters?: z.ZodType<P>;
  /**
   * Whether the model itself refuses it while it reads files. A stack can then set no level, and the checks see only
   * resources.
   */
  readonly refusal?: boolean;
  readonly wrong: Example;
  readonly right: Example;
  readonly checks: (parameters: P) => Checks;
}

/** A rule of the catalogue. */
export interface Rule extends Omit<RuleDefinition<never>, "parameters" | "checks"> {
  /** Format of its parameters in a stack's settings. */
  readonly parameters: z.ZodType;
  /** What it judges. Empty for refusals of the model, which happen while files are read. */
  readonly kinds: readonly CheckKind[];
  /** Returns the checks for valid parameters, as a stack writes them. */
  readonly checks: (parameters: unknown) => Checks;
}

const noParameters = z.strictObject({});

/** Creates a rule without parameters. */
export function rule(definition: Omit<RuleDefinition<unknown>, "parameters">): Rule {
  const checks = definition.checks(undefined);
  return { ...definition, parameters: noParameters, kinds: kindsOf(checks), checks: () => checks };
}

/** Creates a rule with parameters. */
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
