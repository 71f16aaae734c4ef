import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalogue } from "../../policies/catalogue.ts";
import type { ResourceFacts } from "../../policies/facts.ts";
import type { Finding } from "../../policies/finding.ts";
import { parseManifests } from "../../policies/manifests.ts";
import { ResourceJudge } from "../../policies/pack/judge.ts";
import { readPolicyProject } from "../../policies/pack/project.ts";
import { pulumiEnvironment } from "../../toolchain/pulumi/pulumi-environment.ts";
import type { TopicStack } from "../topic-stack/stack.ts";
import { openTopicStack } from "../topic-stack/stack.ts";
import { resourcesOf } from "../unit/policies/example-project.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAME = { project: "event-platform", stack: "prod" };
const STACK_URN = `urn:pulumi:${NAME.stack}::${NAME.project}::pulumi:pulumi:Stack::${NAME.project}-${NAME.stack}`;

interface PolicyEvent {
  readonly resourceUrn: string;
  readonly message: string;
  readonly policyName: string;
  readonly enforcementLevel: string;
}

/** Resources of all examples of the catalogue, those that are refused and those that are not, each with a URN of its own. */
function exampleResources(): ResourceFacts[] {
  const resources = [...catalogue.values()].flatMap((rule) =>
    [rule.wrong, rule.right].flatMap((example, side) =>
      [
        ...resourcesOf(example),
        ...parseManifests("example", example.manifest ?? "").map(
          ({ manifest }): ResourceFacts => ({
            type: `kubernetes:${manifest.apiVersion.includes("/") ? manifest.apiVersion : `core/${manifest.apiVersion}`}:${manifest.kind}`,
            name: manifest.metadata?.name ?? "unnamed",
            props: { ...manifest },
            protect: false,
          }),
        ),
      ].map((resource, index) => ({ ...resource, name: `${rule.id}-${side}-${index}` })),
    ),
  );
  return resources.map((resource) => ({
    ...resource,
    urn: `urn:pulumi:${NAME.stack}::${NAME.project}::${resource.type}::${resource.name}`,
  }));
}

/** A state as `pulumi stack export` writes it; outputs are the inputs where nothing else is said. */
function stateOf(
  resources: readonly ResourceFacts[],
  outputsOf: (resource: ResourceFacts) => unknown = ({ props }) => props,
): object {
  return {
    version: 3,
    deployment: {
      manifest: { time: "2026-11-25T00:00:00Z", magic: "", version: "" },
      resources: [
        { urn: STACK_URN, custom: false, type: "pulumi:pulumi:Stack" },
        ...resources.map((resource) => {
          const { urn, type, name, props, protect } = resource;
          return {
            urn,
            type,
            custom: true,
            id: type.startsWith("pulumi:providers:") ? "8b5f3f0e-0c8e-4b41-9b0e-7a1f6f2b3c4d" : name,
            inputs: props,
            outputs: outputsOf(resource),
            protect,
            parent: STACK_URN,
          };
        }),
      ],
    },
  };
}

const levels: Readonly<Record<string, string>> = { error: "mandatory", warning: "advisory" };

/** What the engine shows of a finding: at a resource, or with its file's line at the stack. */
function shown({ rule, level, file, line, column, message, fix }: Finding): string {
  const text = fix === undefined ? message : `${message}. Fix: ${fix}`;
  return file.startsWith("urn:")
    ? `${levels[level]} ${rule} ${file} ${text}`
    : `${levels[level]} ${rule} ${STACK_URN} ${file}:${line}:${column} ${text}`;
}

describe("the policy pack in the real engine", () => {
  let folder: string;
  let environment: Record<string, string>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "policy-pack-"));
    environment = await pulumiEnvironment({ stateDir: folder, projectDir: ROOT });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What the engine says of an exported state. */
  async function analyze(
    file: string,
  ): Promise<{ readonly code: unknown; readonly stderr: string; readonly violations: readonly PolicyEvent[] }> {
    const { code, stdout, stderr } = await new Promise<{ code: unknown; stdout: string; stderr: string }>((done) => {
      execFile(
        "pulumi",
        ["policy", "analyze", "--policy-pack", "policies", "--file", file, "--json", "--non-interactive"],
        {
          cwd: ROOT,
          env: { ...process.env, ...environment, KIT_POLICY_BASELINE: "none" },
          maxBuffer: 64 * 1024 * 1024,
          timeout: 170_000,
        },
        (error, out, err) => done({ code: error?.code ?? 0, stdout: out, stderr: err }),
      );
    });
    const violations = stdout.split("\n").flatMap((line) => {
      const { policyEvent }: { readonly policyEvent?: PolicyEvent } = line.startsWith("{") ? JSON.parse(line) : {};
      return policyEvent === undefined ? [] : [policyEvent];
    });
    return { code, stderr, violations };
  }

  it("says of every example of the catalogue what the judge says, in an exported state", async () => {
    const resources = exampleResources();
    expect(resources.length).toBeGreaterThan(80);
    const file = join(folder, "state.json");
    await writeFile(file, JSON.stringify(stateOf(resources)));
    const { code, stderr, violations } = await analyze(file);
    expect(code, "mandatory rules are broken").toBe(1);
    expect(stderr).toContain("mandatory policy violations");
    const judge = new ResourceJudge(
      await readPolicyProject(ROOT, NAME),
      NAME,
      new Date().toISOString().slice(0, 10),
      new Map(),
    );
    const expected = [...resources.flatMap((resource) => judge.resource(resource)), ...judge.stack(resources)]
      .filter(({ level }) => level !== "info")
      .map(shown);
    expect(
      [
        ...new Set(
          violations.map(
            ({ enforcementLevel, policyName, resourceUrn, message }) =>
              `${enforcementLevel} ${policyName} ${resourceUrn} ${message}`,
          ),
        ),
      ].sort(),
    ).toEqual([...new Set(expected)].sort());
    expect(new Set(violations.map(({ policyName }) => policyName)).size).toBeGreaterThan(40);
  });

  it("judges an object of Kubernetes by what was declared, not by what the server made of it", async () => {
    const { right } = catalogue.get("workload-autoscaler") ?? {};
    const resources = parseManifests("example", right?.manifest ?? "").map(({ manifest }): ResourceFacts => {
      const type = `kubernetes:${manifest.apiVersion}:${manifest.kind}`;
      return {
        type,
        name: manifest.kind,
        urn: `urn:pulumi:${NAME.stack}::${NAME.project}::${type}::${manifest.kind}`,
        props: { ...manifest },
        protect: false,
      };
    });
    expect(resources.map(({ name }) => name)).toEqual(["Deployment", "HorizontalPodAutoscaler"]);
    const file = join(folder, "filled-in.json");
    const filledIn = (resource: ResourceFacts): unknown =>
      resource.name === "Deployment"
        ? { ...resource.props, spec: { ...(resource.props.spec as object), replicas: 2 } }
        : resource.props;
    await writeFile(file, JSON.stringify(stateOf(resources, filledIn)));
    const { violations } = await analyze(file);
    expect(violations.filter(({ policyName }) => policyName === "workload-autoscaler")).toEqual([]);
  });

  describe("in a preview", () => {
    let stack: TopicStack;
    beforeAll(async () => {
      stack = await openTopicStack("127.0.0.1:1");
    });
    afterAll(() => stack?.remove());

    it("judges what is known, by what the state holds, and leaves what is not known", async () => {
      const urn = (type: string, name: string): string => `urn:pulumi:test::topic-stack::${type}::${name}`;
      const was = join(stack.folder, "was.json");
      const [provider, providerId] = [
        urn("pulumi:providers:kafka", "kafka-admin"),
        "8b5f3f0e-0c8e-4b41-9b0e-7a1f6f2b3c4d",
      ];
      const shrunk = { name: "shrunk", partitions: 24, replicationFactor: 3 };
      await writeFile(
        was,
        JSON.stringify({
          version: 3,
          deployment: {
            manifest: { time: "2026-11-25T00:00:00Z", magic: "", version: "" },
            resources: [
              { urn: urn("pulumi:pulumi:Stack", "topic-stack-test"), custom: false, type: "pulumi:pulumi:Stack" },
              {
                urn: provider,
                custom: true,
                id: providerId,
                type: "pulumi:providers:kafka",
                inputs: { bootstrapServers: '["127.0.0.1:1"]', tlsEnabled: "true" },
                outputs: {},
                parent: urn("pulumi:pulumi:Stack", "topic-stack-test"),
              },
              {
                urn: urn("kafka:index/topic:Topic", "shrunk"),
                custom: true,
                id: "shrunk",
                type: "kafka:index/topic:Topic",
                inputs: shrunk,
                outputs: shrunk,
                provider: `${provider}::${providerId}`,
                parent: urn("pulumi:pulumi:Stack", "topic-stack-test"),
              },
            ],
          },
        }),
      );
      const imported = await stack.pulumi(["stack", "import", "--file", was]);
      expect(imported.code, imported.text).toBe(0);
      await writeFile(
        join(stack.folder, "index.ts"),
        `
        import * as kafka from "@pulumi/kafka";
        import * as pulumi from "@pulumi/pulumi";
        const provider = new kafka.Provider("kafka-admin", { bootstrapServers: ["127.0.0.1:1"], tlsEnabled: true });
        const options = { provider, protect: true };
        const first = new kafka.Topic("first", { name: "first", partitions: 12, replicationFactor: 3, config: { "min.insync.replicas": "2" } }, options);
        const later = first.id;
        new kafka.Topic("shrunk", { name: "shrunk", partitions: 12, replicationFactor: 3, config: { "min.insync.replicas": "2" } }, options);
        new kafka.Topic("unnamed-as-yet", { name: later, partitions: 100000, replicationFactor: 1 }, options);
        new kafka.Topic("half-known", { name: "half-known", partitions: 12, replicationFactor: 1, config: { "min.insync.replicas": later, "unclean.leader.election.enable": "true" } }, options);
        new kafka.Acl("open", { aclPrincipal: pulumi.interpolate\`User:\${later}\`, aclHost: "*", aclOperation: "All", aclPermissionType: "Allow", aclResourceType: "Topic", aclResourceName: "*" }, { provider });
      `,
      );
      const { code, text } = await stack.pulumi(["preview", "--policy-pack", join(ROOT, "policies")]);
      expect(code, text).not.toBe(0);
      expect(text).toMatch(/\[mandatory\] +unclean-election .*half-known/);
      expect(text).toMatch(/\[mandatory\] +replication-factor .*half-known/);
      expect(text).toMatch(/\[mandatory\] +acl-wildcard .*open/);
      expect(text).toMatch(/\[mandatory\] +partition-decrease .*shrunk/);
      expect(text).not.toMatch(/\(kafka:index:Topic: (unnamed-as-yet|first)\)/);
      expect(text).not.toMatch(/can't be known during preview|UnknownValueError|unhandled|internal error/i);
    });
  });
});
