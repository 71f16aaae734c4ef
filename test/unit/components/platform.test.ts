import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { stackExternals } from "../../../components/kubernetes/externals.ts";
import { loadModel } from "../../../components/model/load.ts";
import { expectRead } from "../../../components/model/read.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import type { PlatformPlan } from "../../../components/plan/types.ts";
import type { LocalServers } from "../../../toolchain/servers/local-servers.ts";

const PROJECT_DIR = fileURLToPath(new URL("../../..", import.meta.url));
const CANARY = "canary-secret";

const servers: LocalServers = {
  node: "/bin/node",
  kafka: {
    version: "4.3.1",
    java: "/bin/java",
    javaMajor: 25,
    classPath: "a.jar:b.jar",
    storageTemplate: "/template",
    jvmFlags: ["-XX:+UseSerialGC"],
  },
  apicurio: {
    version: "3.3.3",
    java: "/bin/java",
    command: ["-jar", "quarkus-run.jar"],
    workDir: "/apicurio",
    jvmFlags: [],
  },
  postgres: { version: "17.2", binDir: "/pg/bin" },
  redis: { version: "7.0.15", server: "/bin/redis-server", tls: true },
};

interface Declared {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

interface ProcessInputs {
  readonly name: string;
  readonly role: string;
  readonly command: string[];
  readonly env?: Record<string, string>;
  readonly files?: { path: string; content: string; mode?: string }[];
  readonly ports: { port: number }[];
}

/** Declares the whole local platform against Pulumi's mocks; every generated secret holds the canary. */
async function declare(
  environment: Readonly<Record<string, string>> = {},
): Promise<{ declared: readonly Declared[]; plan: PlatformPlan }> {
  const declared: Declared[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, id }) => {
        declared.push({ type, name, inputs });
        const outputs: Record<string, Record<string, unknown>> = {
          "kit:index:Password": { value: `${CANARY}-${name}` },
          "kit:index:Certificate": {
            certificatePem: `certificate ${name}\n`,
            chainPem: `chain ${name}\n`,
            privateKeyPem: `${CANARY}-${name}\n`,
            publicJwk: JSON.stringify({ kid: name }),
          },
        };
        return { id: id ?? name, state: { ...inputs, ...outputs[type] } };
      },
      call: ({ inputs }) => inputs,
    },
    "event-platform",
    "local",
  );
  const { platform } = await import("../../../components/platform.ts");
  const { model, stack } = expectRead(await loadModel(PROJECT_DIR, "local"));
  const plan = planPlatform(model, stack);
  await platform({
    projectDir: PROJECT_DIR,
    stack: "local",
    settings: stack,
    plan,
    environment: { KIT_STATE_DIR: "/state", ...environment },
    externals: stackExternals(PROJECT_DIR),
    locateServers: () => Promise.resolve(servers),
    locateStrimziCrds: () => Promise.reject(new Error("the local platform asks for no definitions of Kubernetes")),
  });
  await pulumi.runtime.disconnect();
  return { declared, plan };
}

describe("the local platform under Pulumi's mocks", () => {
  let declared: readonly Declared[];
  let plan: PlatformPlan;
  let processes: readonly ProcessInputs[];
  beforeAll(async () => {
    ({ declared, plan } = await declare());
    processes = declared
      .filter(({ type }) => type === "kit:index:Process")
      .map(({ inputs }) => inputs as unknown as ProcessInputs);
  });

  const names = (type: string): string[] =>
    declared
      .filter((resource) => resource.type === type)
      .map((resource) => resource.name)
      .sort();

  it("turns the plan into resources one to one, named by content", () => {
    expect(names("kafka:index/topic:Topic")).toEqual(plan.topics.map((topic) => topic.name).sort());
    expect(names("kafka:index/acl:Acl")).toEqual(plan.acls.map((acl) => acl.key).sort());
    expect(names("kafka:index/userScramCredential:UserScramCredential")).toEqual(
      plan.principals.map((principal) => principal.name).sort(),
    );
    expect(names("kafka:index/quota:Quota")).toEqual(plan.quotas.map((quota) => quota.principal).sort());
    expect(names("kit:index:SchemaSubject")).toEqual(plan.subjects.map((subject) => subject.name).sort());
  });

  it("runs every server and service as a process of its own, on a port of its own", () => {
    expect(processes.filter((process) => process.role === "controller")).toHaveLength(3);
    expect(processes.filter((process) => process.role === "broker")).toHaveLength(9);
    expect(processes.map((process) => process.name)).toEqual(
      expect.arrayContaining([
        "schema-registry",
        "postgres",
        "redis",
        "log-keeper",
        "api-gateway",
        "order-service",
        "payment-service",
        "inventory-service",
        "shipping-service",
        "notification-service",
        "analytics-service",
      ]),
    );
    const ports = processes.flatMap((process) => process.ports.map(({ port }) => port));
    expect(new Set(ports).size).toBe(ports.length);
  });

  it("adds instances beside those that run: these keep their names and ports", async () => {
    const ofServices = (all: readonly ProcessInputs[]) =>
      new Map(all.filter(({ role }) => role === "service").map(({ name, ports }) => [name, ports]));
    const before = ofServices(processes);
    const twice = (await declare({ KIT_INSTANCES: "2" })).declared
      .filter(({ type }) => type === "kit:index:Process")
      .map(({ inputs }) => inputs as unknown as ProcessInputs);
    const after = ofServices(twice);
    for (const [name, ports] of before) expect(after.get(name), name).toEqual(ports);
    expect([...after.keys()].toSorted()).toEqual([...before.keys()].flatMap((name) => [name, `${name}-1`]).toSorted());
    const all = twice.flatMap(({ ports }) => ports.map(({ port }) => port));
    expect(new Set(all).size).toBe(all.length);
  });

  it("shows no secret in an argument or a variable, only in files for the owner's eyes", () => {
    for (const process of processes) {
      expect(process.command.join(" "), `arguments of ${process.name}`).not.toContain(CANARY);
      expect(JSON.stringify(process.env ?? {}), `environment of ${process.name}`).not.toContain(CANARY);
      for (const file of process.files ?? []) {
        if (file.content.includes(CANARY)) expect(file.mode ?? "0600", file.path).toBe("0600");
      }
    }
    const open = declared.filter(({ type, inputs }) => type === "kit:index:File" && inputs.mode !== "0600");
    for (const file of open) expect(String(file.inputs.content), file.name).not.toContain(CANARY);
  });

  it("hands a service what its template asks for and nothing else", () => {
    const gateway = processes.find((process) => process.name === "api-gateway");
    const variables = Object.keys(gateway?.env ?? {});
    expect(variables).toEqual(
      expect.arrayContaining([
        "ORDER_SERVICE_URL",
        "ANALYTICS_SERVICE_URL",
        "JWT_JWKS_FILE",
        "HTTP_PORT",
        "MANAGEMENT_PORT",
      ]),
    );
    expect(variables.filter((variable) => /KAFKA|DATABASE/.test(variable))).toEqual([]);
    expect(gateway?.env).toMatchObject({ REDIS_USERNAME: "api-gateway" });
    const order = processes.find((process) => process.name === "order-service");
    expect(Object.keys(order?.env ?? {})).toEqual(
      expect.arrayContaining(["KAFKA_CONTRACT_FILE", "KAFKA_PASSWORD_FILE", "DATABASE_PASSWORD_FILE"]),
    );
  });

  it("tells scripts where everything is, and keeps passwords out of that file", () => {
    const status = declared.find((resource) => resource.name === "platform-status");
    const document = JSON.parse(String(status?.inputs.content)) as Record<string, Record<string, unknown>>;
    expect(document).toMatchObject({
      stack: "local",
      endpoints: {
        gateway: "http://127.0.0.1:17080",
        postgres: { host: "127.0.0.1", port: 17_032 },
        redis: { port: 17_079 },
      },
      files: { credentials: "/state/credentials.json" },
    });
    expect(document.endpoints?.kafka).toMatchObject({
      bootstrap: expect.arrayContaining(["127.0.0.1:17100"]),
      admin: expect.arrayContaining(["127.0.0.1:17208"]),
    });
    expect(String(status?.inputs.content)).not.toContain(CANARY);
  });
});
