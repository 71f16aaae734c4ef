/** A stack's declaration as entities of a Backstage catalogue. Pure; the same files give the same entities. */
import { compareText } from "../../../components/model/problems/problem.ts";
import type { Domain, Owner, TopicDeclaration } from "../../../components/model/types.ts";
import type { Topology } from "../../../components/plan/topology.ts";
import { topologyOf } from "../../../components/plan/topology.ts";
import type { PlannedTopic } from "../../../components/plan/types.ts";
import type { ServiceTemplate } from "../../../components/services/template.ts";
import type { DeclaredProject } from "../../declaration/declared-project.ts";
import { markdownText } from "../../diff/escaping.ts";
import { contactOf, documentMaker } from "../asyncapi/document.ts";
import { yamlText } from "../yaml-text.ts";
import type { WantedName } from "./names.ts";
import { entityNames } from "./names.ts";
import type { Entity, EntityKind } from "./types.ts";
import { entityRef } from "./types.ts";

/** Options of the catalogue. */
export interface CatalogueOptions {
  /** Title of the platform's entity. */
  readonly title: string;
  /** Name of the platform's Backstage domain, a slug. */
  readonly platform: string;
  readonly stack: string;
  /** Team that owns the cluster, the registry and everything without a domain. */
  readonly platformTeam: string;
  /** Whether to write teams as groups too, for an organisation whose Backstage has no other source of teams. */
  readonly groups: boolean;
}

/** Owner of entities without an owner, by Backstage's convention. */
const NOBODY = "unknown";
const CLUSTER = "kafka";
const REGISTRY = "schema-registry";

/**
 * Makes the entities: the platform as a domain, each domain as a system, services as components, topics as APIs and as
 * resources, databases and caches as resources. Sorted by kind, then by name.
 */
export function catalogueEntities(
  project: DeclaredProject,
  templates: readonly ServiceTemplate[],
  options: CatalogueOptions,
): readonly Entity[] {
  const topology = topologyOf(project.model);
  const services = [
    ...new Set([
      ...project.model.domains.flatMap((domain) => domain.services),
      ...topology.services,
      ...templates.map(({ name }) => name),
    ]),
  ].sort(compareText);
  const topics = project.plan.topics.filter(({ kind }) => kind !== "registry");
  const names = resourceNames(topics, templates);
  const system = (domain: string): string => entityRef("System", domain);
  const context: Context = {
    options,
    topology,
    names,
    system,
    templates: new Map(templates.map((template) => [template.name, template])),
  };
  const document = documentMaker(project, { title: options.title, stack: options.stack });
  const apis = apiNames(topology.topics);
  const declared = new Map(topology.topics.map((topic) => [topic.name, topic]));
  return [
    platformEntity(options),
    ...project.model.domains.map((domain) => systemEntity(domain, options)),
    ...(options.groups ? groupEntities(project, options) : []),
    ...services.map((service) => componentEntity(service, apis, context)),
    ...topology.topics.map((topic) =>
      apiEntity(topic, apis, yamlText([document({ of: "topic", name: topic.name })]), context),
    ),
    ...sharedResources(options),
    ...topics.map((topic) => topicResource(topic, declared.get(topic.name), context)),
    ...templates.flatMap((template) => storeResources(template, context)),
  ];
}

interface Context {
  readonly options: CatalogueOptions;
  readonly topology: Topology;
  readonly templates: ReadonlyMap<string, ServiceTemplate>;
  /** Names of resources by id. */
  readonly names: ReadonlyMap<string, string>;
  readonly system: (domain: string) => string;
}

const idOf = {
  topic: (name: string) => `topic ${name}`,
  database: (service: string) => `database ${service}`,
  cache: (service: string) => `cache ${service}`,
};

function resourceNames(
  topics: readonly PlannedTopic[],
  templates: readonly ServiceTemplate[],
): ReadonlyMap<string, string> {
  return entityNames([
    { id: CLUSTER, name: CLUSTER },
    { id: REGISTRY, name: REGISTRY },
    ...topics.map(({ name }) => ({ id: idOf.topic(name), name })),
    ...templates.flatMap(({ name, database, redis }): WantedName[] => [
      ...(database === undefined ? [] : [{ id: idOf.database(name), name: `${name}-database` }]),
      ...(redis === undefined ? [] : [{ id: idOf.cache(name), name: `${name}-cache` }]),
    ]),
  ]);
}

function apiNames(topics: readonly TopicDeclaration[]): ReadonlyMap<string, string> {
  return entityNames(topics.map(({ name }) => ({ id: name, name })));
}

function platformEntity({ platform, title, platformTeam, stack }: CatalogueOptions): Entity {
  return entity(
    "Domain",
    platform,
    { title, description: markdownText(`Topics, services and their stores, as the stack ${stack} declares them.`) },
    { owner: entityRef("Group", platformTeam) },
  );
}

function systemEntity(domain: Domain, { platform }: CatalogueOptions): Entity {
  const about = {
    description: markdownText(`Topics and services of the domain ${domain.name}.`),
    tags: [`criticality-${domain.criticality}`],
    annotations: {
      "event-platform/contact": domain.owner.contact,
      "event-platform/declared-at": `${domain.source.file}:${domain.source.line}`,
    },
    ...linksOf(domain.owner),
  };
  return entity("System", domain.name, about, {
    owner: entityRef("Group", domain.owner.team),
    domain: entityRef("Domain", platform),
  });
}

function groupEntities({ model }: DeclaredProject, { platformTeam }: CatalogueOptions): Entity[] {
  const teams = Map.groupBy(model.domains, ({ owner }) => owner.team);
  return [...new Set([platformTeam, ...teams.keys()])].sort(compareText).map((team) => {
    const owner = teams.get(team)?.[0]?.owner;
    return entity(
      "Group",
      team,
      owner === undefined ? {} : { annotations: { "event-platform/contact": owner.contact }, ...linksOf(owner) },
      { type: "team", children: [] },
    );
  });
}

function componentEntity(
  service: string,
  apis: ReadonlyMap<string, string>,
  { topology, templates, names, system, options }: Context,
): Entity {
  const owner = topology.owners.get(service);
  const template = templates.get(service);
  const written = (topology.productions.get(service) ?? []).map(({ topic }) => topic.name);
  const group = topology.groups.get(service);
  const read = (group?.consumptions ?? []).map(({ topic }) => topic.name);
  const resource = (id: string): string[] =>
    names.get(id) === undefined ? [] : [entityRef("Resource", names.get(id) ?? "")];
  const api = (topic: string): string => entityRef("API", apis.get(topic) ?? topic);
  const dependsOn = [
    ...(template?.calls ?? []).map((called) => entityRef("Component", called)),
    ...[...new Set([...written, ...read])].sort(compareText).flatMap((topic) => resource(idOf.topic(topic))),
    ...resource(idOf.database(service)),
    ...resource(idOf.cache(service)),
  ];
  const about = {
    ...(template === undefined ? {} : { description: markdownText(template.description) }),
    annotations: {
      "event-platform/stack": options.stack,
      ...(group === undefined ? {} : { "event-platform/consumer-group": service }),
    },
  };
  return entity("Component", service, about, {
    type: "service",
    lifecycle: "production",
    owner: entityRef("Group", owner?.owner.team ?? NOBODY),
    ...(owner === undefined ? {} : { system: system(owner.name) }),
    ...list("providesApis", written.map(api)),
    ...list("consumesApis", read.map(api)),
    ...list("dependsOn", dependsOn),
  });
}

function apiEntity(
  topic: TopicDeclaration,
  apis: ReadonlyMap<string, string>,
  definition: string,
  { system }: Context,
): Entity {
  return entity("API", apis.get(topic.name) ?? topic.name, aboutTopic(topic), {
    type: "asyncapi",
    lifecycle: topic.deprecated === undefined ? "production" : "deprecated",
    owner: entityRef("Group", topic.owner.team),
    system: system(topic.domain),
    definition,
  });
}

function aboutTopic(topic: TopicDeclaration) {
  return {
    title: topic.name,
    description: markdownText(topic.description),
    tags: [
      `criticality-${topic.criticality}`,
      ...(topic.classification === undefined ? [] : [`classification-${topic.classification}`]),
    ],
    annotations: {
      "event-platform/contact": topic.owner.contact,
      "event-platform/declared-at": `${topic.source.file}:${topic.source.line}`,
      ...(topic.labels === undefined ? {} : { "event-platform/labels": JSON.stringify(topic.labels) }),
    },
    ...linksOf(topic.owner),
  };
}

function sharedResources({ platformTeam }: CatalogueOptions): Entity[] {
  const owner = entityRef("Group", platformTeam);
  return [
    entity("Resource", CLUSTER, { description: "Kafka cluster." }, { type: "kafka-cluster", owner }),
    entity(
      "Resource",
      REGISTRY,
      { description: "Schema registry." },
      { type: "schema-registry", owner, dependsOn: [entityRef("Resource", CLUSTER)] },
    ),
  ];
}

function topicResource(
  planned: PlannedTopic,
  topic: TopicDeclaration | undefined,
  { names, system, options }: Context,
): Entity {
  const derived = {
    title: planned.name,
    description:
      planned.kind === "dead-letter"
        ? "Dead-letter records of a consumer group."
        : "Records that a consumer group retries later.",
    annotations: {},
  };
  const about = topic === undefined ? derived : aboutTopic(topic);
  const name = names.get(idOf.topic(planned.name)) ?? planned.name;
  return entity(
    "Resource",
    name,
    { ...about, annotations: { ...about.annotations, "event-platform/stack": options.stack } },
    {
      type: planned.kind === "event" ? "kafka-topic" : `kafka-${planned.kind}-topic`,
      owner: entityRef("Group", planned.owner),
      system: system(planned.domain),
      dependsOn: [entityRef("Resource", CLUSTER)],
    },
  );
}

function storeResources({ name, database, redis }: ServiceTemplate, { topology, names, system }: Context): Entity[] {
  const owner = topology.owners.get(name);
  const spec = (type: string) => ({
    type,
    owner: entityRef("Group", owner?.owner.team ?? NOBODY),
    ...(owner === undefined ? {} : { system: system(owner.name) }),
  });
  return [
    ...(database === undefined
      ? []
      : [
          entity(
            "Resource",
            names.get(idOf.database(name)) ?? name,
            { description: `PostgreSQL database of ${name}.` },
            spec("database"),
          ),
        ]),
    ...(redis === undefined
      ? []
      : [
          entity(
            "Resource",
            names.get(idOf.cache(name)) ?? name,
            { description: `Redis keys of ${name}.` },
            spec("cache"),
          ),
        ]),
  ];
}

function linksOf(owner: Owner): { readonly links?: { readonly url: string; readonly title: string }[] } {
  const { url } = contactOf(owner);
  return url === undefined ? {} : { links: [{ url, title: `Contact of ${owner.team}` }] };
}

function list(name: string, refs: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return refs.length === 0 ? {} : { [name]: refs };
}

function entity(kind: EntityKind, name: string, about: Omit<Entity["metadata"], "name">, spec: Entity["spec"]): Entity {
  return { apiVersion: "backstage.io/v1alpha1", kind, metadata: { name, ...about }, spec };
}
