/** Backstage entities, judged by Backstage's own policies and validators. */

import { join } from "node:path";
import * as model from "@backstage/catalog-model";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { catalogueEntities } from "../../../../cli/docs/backstage/entities.ts";
import { entityNames } from "../../../../cli/docs/backstage/names.ts";
import type { Entity } from "../../../../cli/docs/backstage/types.ts";
import { yamlText } from "../../../../cli/docs/yaml-text.ts";
import { readServiceTemplates } from "../../../../components/services/template.ts";
import { hostileProject, ownProject, PROJECT } from "./declared-projects.ts";

const project = await ownProject("prod");
const templates = readServiceTemplates(join(PROJECT, "service-templates"));
const options = {
  title: "Event platform",
  platform: "event-platform",
  stack: "prod",
  platformTeam: "platform",
  groups: false,
};
const entities = catalogueEntities(project, templates, options);
const refOf = ({ kind, metadata }: Entity): string => `${kind.toLowerCase()}:default/${metadata.name}`;
const named = (ref: string): Entity => {
  const found = entities.find((entity) => refOf(entity) === ref);
  if (found === undefined) throw new Error(`There is no ${ref}.`);
  return found;
};

const policy = model.EntityPolicies.allOf([
  new model.SchemaValidEntityPolicy(),
  new model.DefaultNamespaceEntityPolicy(),
  new model.NoForeignRootFieldsEntityPolicy(),
  new model.FieldFormatEntityPolicy(),
]);
const validators: Readonly<Record<Entity["kind"], { check(entity: model.Entity): Promise<boolean> }>> = {
  API: model.apiEntityV1alpha1Validator,
  Component: model.componentEntityV1alpha1Validator,
  Domain: model.domainEntityV1alpha1Validator,
  Group: model.groupEntityV1alpha1Validator,
  Resource: model.resourceEntityV1alpha1Validator,
  System: model.systemEntityV1alpha1Validator,
};

/** Reads the YAML as Backstage does, and fails where it would refuse an entity. */
async function accepted(made: readonly Entity[]): Promise<void> {
  const read = parseAllDocuments(yamlText(made)).map((document) => document.toJS() as Entity);
  expect(read).toEqual(JSON.parse(JSON.stringify(made)));
  for (const entity of read) {
    await policy.enforce(structuredClone(entity) as unknown as model.Entity);
    expect(await validators[entity.kind].check(entity as unknown as model.Entity), refOf(entity)).toBe(true);
  }
  expect(new Set(read.map((entity) => refOf(entity).toLowerCase())).size).toBe(read.length);
}

describe("the catalogue", () => {
  it("is accepted, with and without groups", async () => {
    await accepted(entities);
    await accepted(catalogueEntities(project, templates, { ...options, groups: true }));
  });

  it("refers to nothing that it does not have, teams aside", () => {
    const known = new Set(entities.map(refOf));
    const refs = entities.flatMap(({ spec }) =>
      Object.entries(spec).flatMap(([name, value]) =>
        name === "owner"
          ? []
          : [value].flat().filter((each) => typeof each === "string" && /^[a-z]+:default\//.test(each)),
      ),
    );
    expect(refs.length).toBeGreaterThan(50);
    expect(refs.filter((ref) => !known.has(String(ref)))).toEqual([]);
  });

  it("has the teams too where they are wanted", () => {
    const all = catalogueEntities(project, templates, { ...options, groups: true });
    const groups = new Set(all.filter(({ kind }) => kind === "Group").map(refOf));
    expect(
      all.map(({ spec }) => spec.owner).filter((owner) => owner !== undefined && !groups.has(String(owner))),
    ).toEqual([]);
  });

  it("says what a service provides, consumes and depends on", () => {
    expect(named("component:default/payment-service").spec).toMatchObject({
      owner: "group:default/payments",
      system: "system:default/payment",
      providesApis: ["api:default/payment-events"],
      consumesApis: ["api:default/order-events"],
      dependsOn: [
        "resource:default/order-events",
        "resource:default/payment-events",
        "resource:default/payment-service-database",
      ],
    });
    expect(named("component:default/api-gateway").spec).toMatchObject({
      dependsOn: expect.arrayContaining([
        "component:default/order-service",
        "resource:default/api-gateway-cache",
      ]) as unknown,
    });
  });

  it("has each topic as an API with its AsyncAPI document, and as a resource of the cluster", () => {
    const api = named("api:default/order-events");
    expect(api.spec).toMatchObject({
      type: "asyncapi",
      lifecycle: "production",
      owner: "group:default/checkout",
      system: "system:default/order",
    });
    expect(api.spec.definition).toMatch(/^asyncapi: 3\.0\.0\n/);
    expect(named("resource:default/order-events").spec).toMatchObject({
      type: "kafka-topic",
      dependsOn: ["resource:default/kafka"],
    });
    expect(named("resource:default/payment-service.dlt").spec).toMatchObject({
      type: "kafka-dead-letter-topic",
      owner: "group:default/payments",
    });
  });

  it("of hostile text is accepted, and marks deprecated topics", async () => {
    const made = catalogueEntities(hostileProject(project), templates, options);
    await accepted(made);
    for (const { metadata } of made) expect(metadata.description ?? "").not.toMatch(/<|(?<!\\)[[\]]|\u202e|\u200b/u);
    expect(new Set(made.filter(({ kind }) => kind === "API").map(({ spec }) => spec.lifecycle))).toEqual(
      new Set(["deprecated"]),
    );
  });

  it("names nobody as owner where nobody is", () => {
    const orphan = {
      ...project,
      model: { domains: project.model.domains.map((domain) => ({ ...domain, services: [], topics: [] })) },
    };
    const made = catalogueEntities(orphan, templates, options);
    expect(made.find((entity) => entity.kind === "Component")?.spec).toMatchObject({ owner: "group:default/unknown" });
  });
});

describe("names of entities", () => {
  it("stay as they are where Backstage takes them", () => {
    expect([
      ...entityNames([
        { id: "a", name: "order-events" },
        { id: "b", name: "payment-service.dlt" },
      ]).values(),
    ]).toEqual(["order-events", "payment-service.dlt"]);
  });

  it("are made valid and different, each the same whatever else there is", () => {
    const long = "a".repeat(249);
    const wanted = [
      { id: "1", name: long },
      { id: "2", name: `${long.slice(0, 248)}b` },
      { id: "3", name: "Orders" },
      { id: "4", name: "orders" },
      { id: "5", name: "_._" },
      { id: "6", name: "x-" },
    ];
    const names = entityNames(wanted);
    for (const name of names.values())
      expect(model.KubernetesValidatorFunctions.isValidObjectName(name), name).toBe(true);
    expect(new Set([...names.values()].map((name) => name.toLowerCase())).size).toBe(wanted.length);
    expect(entityNames([...wanted].reverse())).toEqual(new Map([...names].reverse()));
    expect(names.get("1")).toBe(entityNames([{ id: "1", name: long }]).get("1"));
  });
});
