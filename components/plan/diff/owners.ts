import { domainPlace } from "../../model/topics/domain-place.ts";
import type { Domain } from "../../model/types.ts";
import { sortedSet } from "./hazard.ts";
import { type StatePair, teamOf } from "./state.ts";
import type { Change } from "./types.ts";
import { counted, listed } from "./words.ts";

/** Returns the changes of responsibility: domains, and topics and services that move to another team. */
export function compareOwners(pair: StatePair): Change[] {
  return [...compareDomains(pair), ...compareTopicDomains(pair), ...compareServiceTeams(pair)];
}

function compareDomains(pair: StatePair): Change[] {
  const before = new Map(pair.before.model.domains.map((domain) => [domain.name, domain]));
  return pair.after.model.domains.flatMap((domain) => {
    const old = before.get(domain.name);
    return old === undefined || old === domain ? [] : changedDomain(old, domain);
  });
}

function changedDomain(old: Domain, fresh: Domain): Change[] {
  const changes: Change[] = [];
  const { name } = fresh;
  if (old.owner.team !== fresh.owner.team) {
    const topics = fresh.topics.map((topic) => topic.name);
    changes.push({
      kind: "owner-changed",
      object: name,
      field: "team",
      before: old.owner.team,
      after: fresh.owner.team,
      hazard: "approval",
      effects: [
        `${fresh.owner.team} answers for the domain${topics.length === 0 ? "" : ` and its ${counted(topics.length, "topic")} (${listed(topics, 5)})`}: reviews, alerts, dead-letter records, budget`,
      ],
      reviewers: sortedSet([old.owner.team, fresh.owner.team]),
      source: domainPlace(fresh, "owner.team"),
    });
  }
  if (old.owner.contact !== fresh.owner.contact) {
    changes.push({
      kind: "domain-changed",
      object: name,
      field: "contact",
      before: old.owner.contact,
      after: fresh.owner.contact,
      hazard: "safe",
      effects: ["alerts and questions go there"],
      reviewers: [],
      source: domainPlace(fresh, "owner.contact"),
    });
  }
  if (old.criticality !== fresh.criticality) {
    const levels = ["low", "medium", "high"];
    const lowered = levels.indexOf(fresh.criticality) < levels.indexOf(old.criticality);
    changes.push({
      kind: "domain-changed",
      object: name,
      field: "criticality",
      before: old.criticality,
      after: fresh.criticality,
      hazard: lowered ? "approval" : "safe",
      effects: [
        lowered
          ? "rules and alerts that go by criticality get laxer"
          : "rules and alerts that go by criticality get stricter",
      ],
      reviewers: lowered ? sortedSet([old.owner.team, fresh.owner.team]) : [],
      source: domainPlace(fresh, "criticality"),
    });
  }
  changes.push(...changedSagas(old, fresh));
  return changes;
}

/** Returns the changes of sagas. Only rules and users of the files need sagas: no resource is made from them. */
function changedSagas(old: Domain, fresh: Domain): Change[] {
  const content = (domain: Domain): Map<string, string> =>
    new Map(
      domain.sagas.map((saga) => [
        saga.name,
        JSON.stringify(saga, (key, value: unknown) => (key === "source" ? undefined : value)),
      ]),
    );
  const [before, after] = [content(old), content(fresh)];
  return sortedSet([...before.keys(), ...after.keys()]).flatMap((saga): Change[] => {
    if (before.get(saga) === after.get(saga)) return [];
    const effect = !before.has(saga)
      ? "declared from now on: rules check that each step can be answered and undone"
      : after.has(saga)
        ? "rules check it in its new form"
        : "no longer declared: rules do not check it any more";
    return [
      {
        kind: "domain-changed",
        object: fresh.name,
        field: `sagas.${saga}`,
        hazard: after.has(saga) ? "safe" : "approval",
        effects: [effect],
        reviewers: after.has(saga) ? [] : [fresh.owner.team],
        source: fresh.sagas.find(({ name }) => name === saga)?.source ?? fresh.source,
      },
    ];
  });
}

/** Returns the topics that moved to another domain's file. */
function compareTopicDomains(pair: StatePair): Change[] {
  const changes: Change[] = [];
  for (const [name, after] of pair.after.declared) {
    const before = pair.before.declared.get(name);
    if (before === undefined || before === after || before.domain === after.domain) continue;
    const sameTeam = before.owner.team === after.owner.team;
    changes.push({
      kind: "owner-changed",
      object: name,
      field: "domain",
      before: before.domain,
      after: after.domain,
      hazard: sameTeam ? "safe" : "approval",
      effects: [
        sameTeam
          ? "is in another file of the same team"
          : `${after.owner.team} answers for the topic instead of ${before.owner.team}`,
      ],
      reviewers: sameTeam ? [] : sortedSet([before.owner.team, after.owner.team]),
      source: after.source,
    });
  }
  return changes;
}

function compareServiceTeams(pair: StatePair): Change[] {
  const known = new Set([...pair.before.topology.services, ...pair.before.topology.owners.keys()]);
  const services = sortedSet([...pair.after.topology.services, ...pair.after.topology.owners.keys()]);
  const domains = {
    before: new Map(pair.before.model.domains.map((domain) => [domain.name, domain])),
    after: new Map(pair.after.model.domains.map((domain) => [domain.name, domain])),
  };
  return services.flatMap((service): Change[] => {
    if (!known.has(service)) return [];
    const before = teamOf(pair.before, service);
    const after = teamOf(pair.after, service);
    if (before === after) return [];
    const owner = pair.after.topology.owners.get(service);
    // If the whole domain changes its owner, the change of the domain already says it.
    if (
      owner !== undefined &&
      pair.before.topology.owners.get(service)?.name === owner.name &&
      domains.before.get(owner.name)?.owner.team !== domains.after.get(owner.name)?.owner.team
    )
      return [];
    return [
      {
        kind: "owner-changed",
        object: service,
        field: "service",
        before,
        after,
        hazard: "approval",
        effects: [`${after} runs ${service} and is responsible for its dead-letter records`],
        reviewers: sortedSet([before, after]),
        ...(owner === undefined ? {} : { source: domainPlace(owner, `services.${service}`) }),
      },
    ];
  });
}
