import { join } from "node:path";
import { loadModel } from "../../../components/model/load.ts";
import { expectRead } from "../../../components/model/read.ts";
import type { KubernetesStackSettings } from "../../../components/model/stack/kubernetes-stack.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import { readServiceTemplates } from "../../../components/services/template.ts";
import { PROJECT_DIR } from "../../platform/kit-command.ts";
import type { PlatformStack, Setting } from "../platform-stack.ts";
import type { ApiServer } from "../servers/api-server.ts";
import { playIngress } from "../servers/played-ingress.ts";
import type { PlayedPart } from "../servers/played-part.ts";
import { playPostgresOperator } from "../servers/played-postgres-operator.ts";
import { playRegistry } from "../servers/played-registry.ts";
import { playStrimzi } from "../servers/played-strimzi.ts";
import { type SecurePostgres, startSecurePostgres } from "../servers/secure-postgres.ts";

/** What the stacks of the guide get from outside; no run may show any of it. */
export const OUTSIDE = {
  postgres: "canary-of-the-admin-of-postgres",
  redis: "canary-of-a-user-of-redis",
  claimChecks: "canary-of-a-user-of-the-store",
} as const;

/** What a need is met with. */
export interface Opening {
  readonly server: ApiServer;
  readonly stack: PlatformStack;
  /** Ports for the registry and for PostgreSQL. */
  readonly ports: { readonly registry: number; readonly postgres: number };
  /** How long a part may wait until the program declares what it answers. */
  readonly declaredLimitMs: number;
}

/** What came of it. */
export interface Met {
  /** Played for the API server. */
  readonly part?: PlayedPart;
  /** A server that is there before the platform is. */
  readonly postgres?: SecurePostgres;
}

/** Something that a stack gets from an operator or from outside. */
interface Need {
  readonly asked: (settings: KubernetesStackSettings["kubernetes"]) => boolean;
  readonly meet: (opening: Opening) => Promise<Met>;
}

/** What stacks may ask for by their settings, and how a test answers. */
export const NEEDS: readonly Need[] = [
  {
    asked: () => true,
    meet: async ({ server, declaredLimitMs }) => ({ part: await playStrimzi(server.client, declaredLimitMs) }),
  },
  {
    asked: () => true,
    async meet({ server, stack, ports, declaredLimitMs }) {
      await stack.set([["kubernetes", "registry", "reachedAt"], `http://127.0.0.1:${ports.registry}`]);
      return { part: playRegistry(server.client, ports.registry, declaredLimitMs) };
    },
  },
  {
    asked: ({ postgres }) => postgres.cloudNativePg !== undefined,
    async meet({ server, stack, ports, declaredLimitMs }) {
      await stack.set([
        ["kubernetes", "postgres", "cloudNativePg", "reachedAt"],
        { host: "127.0.0.1", port: ports.postgres },
      ]);
      return { part: playPostgresOperator(server.client, ports.postgres, declaredLimitMs) };
    },
  },
  {
    asked: ({ postgres }) => postgres.external !== undefined,
    async meet({ stack, ports }) {
      const postgres = await startSecurePostgres(OUTSIDE.postgres, { port: ports.postgres });
      const at = (key: string, value: unknown): Setting => [["kubernetes", "postgres", "external", key], value];
      await stack.set(
        at("host", "127.0.0.1"),
        at("port", ports.postgres),
        at("caFile", await stack.file("certificates/postgres.pem", postgres.authority)),
      );
      await setSecret(stack, "postgresAdminPassword", OUTSIDE.postgres);
      return { postgres };
    },
  },
  {
    asked: ({ redis }) => redis.external !== undefined,
    async meet({ stack }) {
      const caFile = await stack.file(
        "certificates/redis.pem",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
      );
      await stack.set([["kubernetes", "redis", "external", "caFile"], caFile]);
      for (const template of readServiceTemplates(join(PROJECT_DIR, "service-templates"))) {
        if (template.redis !== undefined) await setSecret(stack, `redisPassword-${template.name}`, OUTSIDE.redis);
      }
      return {};
    },
  },
  {
    asked: ({ claimCheckStore }) => claimCheckStore !== undefined,
    async meet({ stack }) {
      await setStoreKeys(stack);
      return {};
    },
  },
  {
    asked: ({ workloads }) => workloads.exposure.by === "ingress",
    meet: async ({ server, declaredLimitMs }) => ({ part: playIngress(server.client, declaredLimitMs) }),
  },
];

/** Gives the stack a key of the store for each service that has content in it. */
export async function setStoreKeys(stack: PlatformStack): Promise<void> {
  for (const service of await servicesWithClaimChecks()) {
    for (const key of ["claimCheckKeyId", "claimCheckSecretKey"])
      await setSecret(stack, `${key}-${service}`, OUTSIDE.claimChecks);
  }
}

/** Services that store or fetch content outside Kafka, by the plan. */
async function servicesWithClaimChecks(): Promise<readonly string[]> {
  const { model, stack } = expectRead(await loadModel(PROJECT_DIR, "prod"));
  return planPlatform(model, stack)
    .contracts.filter(({ claimChecks }) => claimChecks !== undefined)
    .map(({ service }) => service);
}

async function setSecret(stack: PlatformStack, key: string, value: string): Promise<void> {
  const { code, text } = await stack.pulumi(["config", "set", "--secret", key], { input: value });
  if (code !== 0) throw new Error(text);
}
