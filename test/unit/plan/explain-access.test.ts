import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EditableYaml } from "../../../cli/new-service/yaml-edits.ts";
import { loadModel, loadTopicFiles } from "../../../components/model/load.ts";
import { expectRead, readModel } from "../../../components/model/read.ts";
import type { AccessAnswer, AccessQuestion } from "../../../components/plan/access/explain-access.ts";
import { explainAccess } from "../../../components/plan/access/explain-access.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import type { AclOperation } from "../../../components/plan/types.ts";

const projectDir = join(import.meta.dirname, "../../..");
const files = await loadTopicFiles(projectDir);
const { model, stack } = expectRead(await loadModel(projectDir, "local"));
const plan = planPlatform(model, stack);

const ask = (
  principal: string,
  operation: AclOperation,
  resourceName: string,
  resourceType: "Topic" | "Group" = "Topic",
): AccessAnswer => explainAccess(model, plan, { principal, operation, resourceType, resourceName });

describe("why access is given", () => {
  it("names the rule and the line it follows from", () => {
    const { allowed, rules } = ask("payment-service", "Read", "order-events");
    expect(allowed).toBe(true);
    expect(rules.map(({ acl }) => acl.key)).toEqual(["payment-service/Read/Topic/order-events"]);
    const [place] = rules[0]?.declared ?? [];
    const line = files.flatMap((file) =>
      file.path === place?.file && "text" in file ? [file.text.split("\n")[(place?.line ?? 0) - 1]] : [],
    )[0];
    expect(line?.trim()).toMatch(/^payment-service:/);
  });

  it("lets readers and writers describe, as Kafka does", () => {
    const { rules } = ask("payment-service", "Describe", "order-events");
    expect(rules.map(({ acl }) => acl.operation)).toEqual(["Describe", "Read"]);
  });

  it("takes the registry's groups by their prefix", () => {
    expect(ask("schema-registry", "Read", "apicurio-12345", "Group").allowed).toBe(true);
  });
});

describe("why access is denied", () => {
  it.each<[string, AclOperation, string, "Topic" | "Group", RegExp]>([
    ["payment-service", "Read", "shipping-service.dlt", "Topic", /derived for the consumer group shipping-service/],
    ["payment-service", "Read", "notification-service.retry-10s", "Topic", /belongs to it alone/],
    ["payment-service", "Delete", "order-events", "Topic", /no service may Delete/],
    ["payment-service", "Read", "kafkasql-journal", "Topic", /schema registry/],
    ["payment-service", "Read", "shipping-service", "Group", /only shipping-service may/],
    ["api-gateway", "Read", "api-gateway", "Group", /consumes no topic/],
    ["payment-service", "Delete", "payment-service", "Group", /no service may Delete/],
    ["platform-auditor", "Read", "order-events", "Topic", /principal of the platform.*a service of your own/],
    ["schema-registry", "Write", "order-events", "Topic", /principal of the platform/],
    ["schema-registry", "Read", "payment-service", "Group", /principal of the platform/],
  ])("%s %s %s %s", (principal, operation, name, type, because) => {
    const answer = ask(principal, operation, name, type);
    expect(answer).toMatchObject({ allowed: false, rules: [] });
    expect(answer.because).toMatch(because);
    expect(answer.missing).toBeUndefined();
  });
});

it("answers as the plan has it, and the line it asks for gives what was denied", () => {
  const principals = plan.principals.map(({ name }) => name);
  const topics = plan.topics.map(({ name }) => name);
  const question = fc.record<AccessQuestion>({
    principal: fc.constantFrom(...principals),
    operation: fc.constantFrom<AclOperation>("Read", "Write", "Describe", "Create"),
    resourceType: fc.constant("Topic"),
    resourceName: fc.constantFrom(...topics),
  });
  fc.assert(
    fc.property(question, (asked) => {
      const answer = explainAccess(model, plan, asked);
      const held = plan.acls.some(
        (acl) =>
          acl.principal === asked.principal &&
          acl.resourceType === "Topic" &&
          [asked.resourceName, "*"].includes(acl.resourceName) &&
          (acl.operation === asked.operation ||
            (asked.operation === "Describe" && ["Read", "Write"].includes(acl.operation))),
      );
      expect(answer.allowed).toBe(held);
      if (answer.missing === undefined) return;
      const { at, path, line } = answer.missing;
      const changed = files.map((file) => {
        if (file.path !== at.file || !("text" in file)) return file;
        const yaml = new EditableYaml(file.path, file.text);
        yaml.addEntry(path, line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2));
        return { path: file.path, text: yaml.text };
      });
      const after = expectRead(readModel(changed, stack));
      expect(explainAccess(after.model, planPlatform(after.model, stack), asked).allowed).toBe(true);
    }),
    { numRuns: 60 },
  );
});
