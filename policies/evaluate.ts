import type { SourceLocation } from "../components/model/problems/source-location.ts";
import type { ClusterFacts } from "./facts.ts";
import { type Finding, sortFindings } from "./finding.ts";
import type { Breach, Breaches, CheckKind, Checks, Declaration, Level, Scope } from "./rule.ts";
import type { RuleSettings } from "./rule-settings.ts";

/** An enabled check with the id and level of its rule. */
export interface ActiveCheck<K extends CheckKind> {
  readonly rule: string;
  readonly level: Level;
  readonly check: NonNullable<Checks[K]>;
}

/** The enabled checks under some settings, by kind. They are computed once for any number of objects. */
export class ActiveChecks {
  readonly #bound: readonly { readonly rule: string; readonly level: Level; readonly checks: Checks }[];

  readonly #kinds: ReadonlySet<CheckKind> | undefined;

  /** @param kinds - Kinds of enabled checks. Default: all. */
  constructor(settings: RuleSettings, kinds?: ReadonlySet<CheckKind>) {
    this.#bound = [...settings.values()].flatMap(({ rule, level, parameters }) =>
      level === "off" ? [] : [{ rule: rule.id, level, checks: rule.checks(parameters) }],
    );
    this.#kinds = kinds;
  }

  /** Returns the checks of one kind, in the catalogue's order. */
  of<K extends CheckKind>(kind: K): ActiveCheck<K>[] {
    if (this.#kinds?.has(kind) === false) return [];
    return this.#bound.flatMap(({ rule, level, checks }) => {
      const check = checks[kind];
      return check === undefined ? [] : [{ rule, level, check }];
    });
  }
}

/**
 * Applies every check to the declaration and to the cluster objects that follow from it. Pure. The findings are sorted.
 * Each rule checks each object once.
 */
export function evaluate(
  active: ActiveChecks,
  declaration: Declaration,
  cluster: ClusterFacts,
  scope: Scope,
): Finding[] {
  const findings: Finding[] = [];
  const each = <T extends { readonly source: SourceLocation }>(
    checks: readonly {
      readonly rule: string;
      readonly level: Level;
      readonly check: (fact: T, scope: Scope) => Breaches;
    }[],
    facts: readonly T[],
    nameOf: (fact: T) => string | undefined,
  ): void => {
    for (const fact of facts) {
      for (const { rule, level, check } of checks) {
        const breaches = check(fact, scope);
        if (breaches !== undefined) findings.push(...findingsOf(rule, level, breaches, fact.source, nameOf(fact)));
      }
    }
  };
  each(active.of("topic"), cluster.topics, (topic) => topic.name);
  each(active.of("subject"), cluster.subjects, (subject) => subject.name);
  each(active.of("acl"), cluster.acls, (acl) => acl.principal);
  each(active.of("quota"), cluster.quotas, (quota) => quota.entityName);
  each(active.of("user"), cluster.users, (user) => user.name);
  const start: SourceLocation = { file: declaration.model.domains[0]?.source.file ?? "topics", line: 1, column: 1 };
  for (const { rule, level, check } of active.of("cluster"))
    findings.push(...findingsOf(rule, level, check(cluster, scope), start, undefined));
  for (const { rule, level, check } of active.of("declaration"))
    findings.push(...findingsOf(rule, level, check(declaration, scope), start, undefined));
  return sortFindings(findings);
}

/** Converts the breaches of a check to findings. `source` and `object` are those of the checked object. */
export function findingsOf(
  rule: string,
  level: Level,
  breaches: Breaches,
  source: SourceLocation,
  object: string | undefined,
): Finding[] {
  return listBreaches(breaches).map((breach) => {
    const about = breach.object ?? object;
    const { file, line, column } = breach.at ?? source;
    return {
      rule,
      level,
      file,
      line,
      column,
      message: breach.message,
      ...(breach.fix === undefined ? {} : { fix: breach.fix }),
      ...(about === undefined ? {} : { object: about }),
    };
  });
}

function listBreaches(breaches: Breaches): readonly Breach[] {
  if (breaches === undefined) return [];
  return "message" in breaches ? [breaches] : breaches;
}
