import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readServiceTemplates } from "../../components/services/template.ts";
import { freePorts } from "../../toolchain/loopback-port.ts";
import { CRD_MODULES, locateModuleCrds } from "../../toolchain/module-crds.ts";
import { PROJECT_DIR } from "../platform/kit-command.ts";
import { openPlatformStack, type PlatformStack, type Run, type Setting } from "./platform-stack.ts";
import { startApiServer, whyNoApiServer, type ApiServer } from "./servers/api-server.ts";
import { playIngress } from "./servers/played-ingress.ts";
import type { PlayedPart } from "./servers/played-part.ts";
import { playPostgresOperator } from "./servers/played-postgres-operator.ts";
import { playRegistry } from "./servers/played-registry.ts";
import { playStrimzi } from "./servers/played-strimzi.ts";
import { startSecurePostgres } from "./servers/secure-postgres.ts";
import { DESTROY, expectServersFilled, exported, good, liveCluster, secretsOf, summary, UP } from "./stack-state.ts";

const why = await whyNoApiServer({ controllers: true });
const skipped = why === undefined ? "" : ` (skipped: ${why})`;

const MINUTE_MS = 60_000;
/** How long a part may wait until the program declares what it answers. */
const DECLARED_LIMIT_MS = 5 * MINUTE_MS;
/** What the stacks of the guide get from outside; no run may show any of it. */
const OUTSIDE = { postgres: "canary-of-the-admin-of-postgres", redis: "canary-of-a-user-of-redis" };

/** A stack with the servers it needs, all of them real or played. */
interface Site {
  readonly server: ApiServer;
  readonly stack: PlatformStack;
  readonly registryUrl: string;
  readonly parts: readonly PlayedPart[];
  /** Ends everything. */
  close(): Promise<void>;
}

async function openSite(name: "dev" | "prod"): Promise<Site> {
  const ends: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of ends.toReversed()) await end();
  };
  try {
    // Strimzi's own definitions are the program's to bring.
    const crds = await Promise.all(CRD_MODULES.map((module) => locateModuleCrds(module)));
    const server = await startApiServer({ controllers: true, crds });
    ends.push(() => server.stop());
    const stack = await openPlatformStack(name, { KUBECONFIG: server.kubeconfig });
    ends.push(() => stack.remove());
    const [registryPort = 0, postgresPort = 0] = await freePorts(2);
    const registryUrl = `http://127.0.0.1:${registryPort}`;
    const parts: PlayedPart[] = [await playStrimzi(server.client, DECLARED_LIMIT_MS), playRegistry(server.client, registryPort, DECLARED_LIMIT_MS)];
    await stack.set([["kubernetes", "context"], "test"], [["kubernetes", "registry", "reachedAt"], registryUrl]);
    if (name === "dev") {
      parts.push(playPostgresOperator(server.client, postgresPort, DECLARED_LIMIT_MS));
      await stack.set([["kubernetes", "postgres", "cloudNativePg", "reachedAt"], { host: "127.0.0.1", port: postgresPort }]);
    } else {
      const postgres = await startSecurePostgres(OUTSIDE.postgres, { port: postgresPort });
      ends.push(() => postgres.stop());
      parts.push(playIngress(server.client, DECLARED_LIMIT_MS));
      const caFile = await stack.file("certificates/postgres.pem", postgres.authority);
      const server127 = [["host", "127.0.0.1"], ["port", postgresPort], ["caFile", caFile]] as const;
      await stack.set(...server127.map(([key, value]): Setting => [["kubernetes", "postgres", "external", key], value]));
      await secret(stack, "postgresAdminPassword", OUTSIDE.postgres);
    }
    if (name === "prod") {
      await stack.set([["kubernetes", "redis", "external", "caFile"], await stack.file("certificates/redis.pem", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")]);
      for (const template of readServiceTemplates(join(PROJECT_DIR, "service-templates"))) {
        if (template.redis !== undefined) await secret(stack, `redisPassword-${template.name}`, OUTSIDE.redis);
      }
    }
    ends.push(async () => {
      await Promise.all(parts.map((part) => part.stop()));
    });
    return { server, stack, registryUrl, parts, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function secret(stack: PlatformStack, key: string, value: string): Promise<void> {
  const { code, text } = await stack.pulumi(["config", "set", "--secret", key], { input: value });
  if (code !== 0) throw new Error(text);
}

/** What runs left behind and said, by where: the state with its backups, the configuration, the terminal. */
async function writtenBy({ stack }: Site, runs: readonly Run[]): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(stack.stateDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== "passphrase").map((entry) => join(entry.parentPath, entry.name));
  return new Map([
    ...(await Promise.all(files.map(async (file) => [file.slice(stack.stateDir.length), await readFile(file, "utf8")] as const))),
    ...runs.map(({ text }, index) => [`words of run ${index + 1}`, text] as const),
  ]);
}

/** Where a secret stands, with what stands before it, never with itself. */
function placesOf(secret: string, written: ReadonlyMap<string, string>): readonly string[] {
  return [...written].flatMap(([where, text]) => {
    const at = text.indexOf(secret);
    return at === -1 ? [] : [`${where}: …${text.slice(Math.max(0, at - 300), at)}`];
  });
}

describe.skipIf(why !== undefined)(`the stack dev on a real API server${skipped}`, () => {
  let site: Site;
  const runs: Run[] = [];
  const pulumi = async (args: readonly string[]): Promise<Run> => {
    const run = await site.stack.pulumi(args);
    runs.push(run);
    return run;
  };
  beforeAll(async () => {
    site = await openSite("dev");
  });
  afterAll(async () => site?.close());

  it("is accepted whole, and what lives in the servers is there", { timeout: 6 * MINUTE_MS }, async () => {
    good(await pulumi(UP));
    for (const part of site.parts) await part.answered;
    await expectServersFilled(site.server.client, await exported(site.stack), site.registryUrl);
  });

  it("changes nothing when it is looked at again", { timeout: 3 * MINUTE_MS }, async () => {
    expect(summary(good(await pulumi(["preview"])))).toEqual([]);
  });

  it("rolls out another image of one service, and nothing else", { timeout: 4 * MINUTE_MS }, async () => {
    await site.stack.set([["kubernetes", "workloads", "images", "digests", "shipping-service"], `sha256:${"5".repeat(64)}`]);
    expect(summary(good(await pulumi(UP))).map((line) => line.replace(/: .*$/, ""))).toEqual([
      "update Deployment shipping-service", "create-replacement Job shipping-service-migration", "delete-replaced Job shipping-service-migration", "replace Job shipping-service-migration",
    ]);
  });

  it("shows no secret in state, previews and output", async () => {
    const secrets = secretsOf(await exported(site.stack));
    expect(secrets.length).toBeGreaterThan(15);
    expect(secrets.filter((value) => value.length < 16)).toEqual([]);
    const written = await writtenBy(site, runs);
    for (const value of secrets) {
      for (const shown of [value, Buffer.from(value).toString("base64")]) expect(placesOf(shown, written)).toEqual([]);
    }
  });

  it("leaves nothing when it is destroyed", { timeout: 5 * MINUTE_MS }, async () => {
    good(await pulumi(DESTROY));
    const left = await exported(site.stack);
    expect(left.deployment.resources ?? []).toEqual([]);
    const namespaces = await site.server.client.list("/api/v1/namespaces");
    expect(namespaces.map(({ metadata }) => metadata.name).filter((name) => ["kafka", "platform", "services"].includes(name))).toEqual([]);
    const definitions = await site.server.client.list("/apis/apiextensions.k8s.io/v1/customresourcedefinitions");
    expect(definitions.filter(({ metadata }) => metadata.name.includes("strimzi"))).toEqual([]);
  });
});

describe.skipIf(why !== undefined)(`the stack prod on a real API server${skipped}`, () => {
  let site: Site;
  const runs: Run[] = [];
  const pulumi = async (args: readonly string[]): Promise<Run> => {
    const run = await site.stack.pulumi(args);
    runs.push(run);
    return run;
  };
  beforeAll(async () => {
    site = await openSite("prod");
  });
  afterAll(async () => site?.close());

  it("is accepted whole", { timeout: 8 * MINUTE_MS }, async () => {
    good(await pulumi(UP));
    const live = await liveCluster(site.server.client, await exported(site.stack));
    expect(live.topics.find(({ name }) => name === "order-events")).toMatchObject({ partitions: 30, replicas: { least: 3, most: 3 } });
  });

  it("shows nothing of what it was given in secret", async () => {
    const written = await writtenBy(site, runs);
    for (const value of Object.values(OUTSIDE)) expect(placesOf(value, written)).toEqual([]);
  });
});
