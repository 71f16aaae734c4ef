import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { CommandContext } from "../../../cli/context.ts";
import { type RenderResult, render } from "../../../cli/render/render.ts";

const PROJECT_DIR = join(import.meta.dirname, "../../..");
const STACKS = ["dev", "staging", "prod"] as const;
const PLACEHOLDER = /<path:event-platform\/[a-z]+#[A-Za-z0-9.-]+>/;

interface KubernetesObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly containers: readonly {
    readonly name: string;
    readonly env?: readonly { readonly name: string; readonly value?: string }[];
    readonly args?: readonly string[];
    readonly command?: readonly string[];
    readonly resources?: {
      readonly requests?: Readonly<Record<string, string>>;
      readonly limits?: Readonly<Record<string, string>>;
    };
    readonly securityContext?: Readonly<Record<string, unknown>>;
  }[];
}

let folder: string;
const rendered = new Map<string, { result: RenderResult; objects: readonly KubernetesObject[] }>();

const context: CommandContext = {
  projectDir: PROJECT_DIR,
  stateDir: "/nowhere",
  env: {},
  stdout: process.stdout,
  stderr: process.stderr,
  now: Date.now,
};

async function renderStack(stack: string, out: string): Promise<RenderResult> {
  return render(context, { stack, out, secretsPath: `event-platform/${stack}` }, () =>
    Promise.resolve(join(folder, "definitions")),
  );
}

async function readObjects(out: string): Promise<KubernetesObject[]> {
  const files = (await readdir(out, { recursive: true })).filter(
    (file) => file.includes("/") && file.endsWith(".yaml"),
  );
  return Promise.all(files.map(async (file) => parse(await readFile(join(out, file), "utf8")) as KubernetesObject));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kit-render-"));
  await mkdir(join(folder, "definitions"));
  // The real ones come from Strimzi's generator, which needs Maven; what they say does not matter here.
  await writeFile(
    join(folder, "definitions", "Kafka.yaml"),
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: kafkas.kafka.strimzi.io}\nspec: {group: kafka.strimzi.io}\n",
  );
  for (const stack of STACKS) {
    const out = join(folder, stack);
    rendered.set(stack, { result: await renderStack(stack, out), objects: await readObjects(out) });
  }
});

afterAll(async () => rm(folder, { recursive: true, force: true }));

function objectsOf(stack: string): readonly KubernetesObject[] {
  return rendered.get(stack)?.objects ?? [];
}

/** Pods that the objects ask for, whatever creates them. */
function podsOf(stack: string): { readonly owner: string; readonly spec: PodSpec }[] {
  return objectsOf(stack).flatMap(({ kind, metadata, spec }) => {
    const template = spec?.template;
    if (kind !== "Deployment" && kind !== "Job") return [];
    return [{ owner: `${kind} ${metadata.name}`, spec: (template as { spec: PodSpec }).spec }];
  });
}

describe.each(STACKS)("the stack %s, rendered", (stack) => {
  it("has every part: cluster, operator, registry, services, each in its namespace", () => {
    const names = objectsOf(stack).map(({ kind, metadata }) => `${metadata.namespace ?? "-"}/${kind}/${metadata.name}`);
    expect(names).toEqual(
      expect.arrayContaining([
        "-/Namespace/kafka",
        "-/Namespace/platform",
        "-/Namespace/services",
        "-/CustomResourceDefinition/kafkas.kafka.strimzi.io",
        "kafka/Kafka/kafka",
        "kafka/KafkaNodePool/controller",
        "kafka/KafkaNodePool/broker-zone-a",
        "kafka/Deployment/strimzi-cluster-operator",
        "kafka/Secret/kafka-clients-ca-cert",
        "kafka/Secret/kafka-clients-ca",
        "platform/Deployment/schema-registry",
        "services/Deployment/order-service",
        "services/Deployment/api-gateway",
        "services/ResourceQuota/bounds",
      ]),
    );
  });

  it("holds nothing secret: what is secret is a placeholder, and stands in Secrets alone", () => {
    for (const object of objectsOf(stack)) {
      const secret = object.kind === "Secret";
      for (const [name, value] of Object.entries(object.stringData ?? {})) {
        if (/password|\.key$|\.properties$|\.acl$|^ca\./.test(name))
          expect(value, `${object.metadata.name}: ${name}`).toMatch(PLACEHOLDER);
      }
      const text = JSON.stringify(object);
      if (!secret)
        expect(
          text.match(/<path:[^>]*(-password|-key|Password)>/g),
          `${object.kind} ${object.metadata.name}`,
        ).toBeNull();
      expect(text, `${object.kind} ${object.metadata.name}`).not.toContain("PRIVATE KEY");
    }
    for (const { owner, spec } of podsOf(stack)) {
      for (const { env = [], args = [], command = [] } of spec.containers) {
        expect(JSON.stringify([env, args, command]), owner).not.toMatch(/<path:[^>]*(-password|-key)>/);
      }
    }
  });

  it("lists the placeholders that a secret store must fill", () => {
    const keys = rendered.get(stack)?.result.placeholders ?? [];
    expect(keys).toEqual(
      expect.arrayContaining([
        "kafka-order-service-password",
        "authorities-clients-key",
        "kafka-schema-registry-password",
      ]),
    );
    const used = new Set(
      objectsOf(stack)
        .flatMap((object) => JSON.stringify(object).match(new RegExp(PLACEHOLDER, "g")) ?? [])
        .map((text) => /#([^>]+)>/.exec(text)?.[1]),
    );
    for (const key of used) expect(keys).toContain(key);
  });

  it("runs every pod restricted, without a token of the API unless it mounts one itself, with bounds", () => {
    for (const { owner, spec } of podsOf(stack)) {
      expect(spec.automountServiceAccountToken, owner).toBe(false);
      expect(spec.securityContext, owner).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      });
      for (const container of spec.containers) {
        const of = `${owner}, ${container.name}`;
        expect(container.securityContext, of).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(Object.keys(container.resources?.requests ?? {}), of).toEqual(
          expect.arrayContaining(["cpu", "memory", "ephemeral-storage"]),
        );
        expect(Object.keys(container.resources?.limits ?? {}), of).toEqual(
          expect.arrayContaining(["memory", "ephemeral-storage"]),
        );
      }
    }
  });

  it("guards each namespace: level restricted, nothing in or out by default, bounds", () => {
    const objects = objectsOf(stack);
    for (const namespace of ["kafka", "platform", "services"]) {
      const inside = objects.filter((object) => object.metadata.namespace === namespace);
      const itself = objects.find((object) => object.kind === "Namespace" && object.metadata.name === namespace);
      expect(itself?.metadata.labels).toMatchObject({ "pod-security.kubernetes.io/enforce": "restricted" });
      expect(
        inside.find((object) => object.kind === "NetworkPolicy" && object.metadata.name === "default-deny")?.spec,
      ).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
      for (const kind of ["LimitRange", "ResourceQuota"])
        expect(
          inside.map((object) => object.kind),
          namespace,
        ).toContain(kind);
    }
  });

  it("keeps placeholders whole where they are part of a longer text: filled in, the text is what the program would have written", () => {
    const jwks =
      objectsOf(stack).find((object) => object.metadata.name === "api-gateway-config")?.data?.["jwks.json"] ?? "";
    expect(JSON.parse(jwks.replace(PLACEHOLDER, '{"kid":"1"}'))).toEqual({ keys: [{ kid: "1" }] });
    const acl = objectsOf(stack).find((object) => object.kind === "Secret" && object.metadata.name === "redis")
      ?.stringData?.["users.acl"];
    if (acl !== undefined)
      expect(acl).toMatch(
        /^user inventory-service on ><path:event-platform\/[a-z]+#redis-inventory-service-password> ~/m,
      );
  });

  it("leaves the engine's own notes out", () => {
    for (const { kind, metadata } of objectsOf(stack)) {
      expect(
        Object.keys(metadata.annotations ?? {}).filter((key) => key.startsWith("pulumi.com/")),
        `${kind} ${metadata.name}`,
      ).toEqual([]);
    }
  });

  it("is the same bytes again, and removes what is no longer declared", async () => {
    const out = join(folder, stack);
    const read = async () =>
      new Map(
        await Promise.all(
          (rendered.get(stack)?.result.files ?? []).map(
            async (file) => [file, await readFile(join(out, file), "utf8")] as const,
          ),
        ),
      );
    const before = await read();
    await writeFile(join(out, "kafka", "deployment-gone.yaml"), "kind: Deployment\n");
    await rm(join(out, "kustomization.yaml"));
    await renderStack(stack, out);
    expect(await readdir(join(out, "kafka"))).not.toContain("deployment-gone.yaml");
    expect(await read()).toEqual(before);
  });
});

describe("who comes from other namespaces", () => {
  /** Peers that a policy, or a listener of the brokers, lets in from a namespace. */
  const lets = (peers: unknown, namespace: string): boolean =>
    JSON.stringify(peers).includes(`"kubernetes.io/metadata.name":"${namespace}"`);
  const listener = (stack: string): unknown => {
    const { kafka } = objectsOf(stack).find(({ kind }) => kind === "Kafka")?.spec as {
      kafka: { listeners: { name: string; networkPolicyPeers: unknown }[] };
    };
    return kafka.listeners.find(({ name }) => name === "tls")?.networkPolicyPeers;
  };

  it("finds the brokers' door open where it scales services by their lag, and closed elsewhere", () => {
    expect(objectsOf("prod").some(({ kind }) => kind === "ScaledObject")).toBe(true);
    expect(lets(listener("prod"), "keda")).toBe(true);
    expect(lets(listener("staging"), "keda")).toBe(false);
  });

  it.each(["staging", "prod"])(
    "reads metrics in %s: every monitor finds pods with a port of that name, and their policy lets it in there",
    (stack) => {
      const monitors = objectsOf(stack).filter(({ kind }) => kind === "PodMonitor");
      expect(monitors.length).toBeGreaterThan(8);
      const policies = objectsOf(stack).filter(({ kind }) => kind === "NetworkPolicy");
      for (const { metadata, spec } of monitors) {
        // What Strimzi makes is not among the objects: it opens the port itself.
        if (metadata.name === "kafka") continue;
        const {
          selector: { matchLabels },
          podMetricsEndpoints: [{ port }],
        } = spec as { selector: { matchLabels: Record<string, string> }; podMetricsEndpoints: [{ port: string }] };
        const selects = (labels: Readonly<Record<string, string>> = {}) =>
          Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
        const templates = objectsOf(stack).flatMap((each) =>
          each.kind === "Deployment" && each.metadata.namespace === metadata.namespace
            ? [
                each.spec?.template as {
                  metadata: { labels: Record<string, string> };
                  spec: { containers: { ports: { name: string; containerPort: number }[] }[] };
                },
              ]
            : [],
        );
        const template = templates.find((each) => selects(each.metadata.labels));
        const number = template?.spec.containers[0]?.ports.find(({ name }) => name === port)?.containerPort;
        expect(number, metadata.name).toBeGreaterThan(0);
        const rules = policies
          .filter((policy) => policy.metadata.namespace === metadata.namespace)
          .flatMap((policy) => {
            const { podSelector, ingress = [] } = policy.spec as {
              podSelector: { matchLabels?: Record<string, string> };
              ingress?: { from: unknown; ports: { port: number }[] }[];
            };
            const own = Object.entries(podSelector.matchLabels ?? {}).every(
              ([key, value]) => template?.metadata.labels[key] === value,
            );
            return own ? ingress : [];
          });
        expect(
          rules.some(({ from, ports }) => lets(from, "monitoring") && ports.some((each) => each.port === number)),
          metadata.name,
        ).toBe(true);
      }
    },
  );
});

describe("kit render", () => {
  it("touches no folder that it did not write", async () => {
    const out = await mkdtemp(join(tmpdir(), "kit-render-foreign-"));
    await writeFile(join(out, "notes.txt"), "mine");
    await expect(renderStack("dev", out)).rejects.toMatchObject({ code: "KIT_RENDER_FOLDER", exitCode: 2 });
    expect(await readdir(out)).toEqual(["notes.txt"]);
    await rm(out, { recursive: true });
  });

  it("knows that one machine has no objects", async () => {
    await expect(renderStack("local", join(folder, "local"))).rejects.toMatchObject({ code: "KIT_RENDER_LOCAL" });
  });
});
