/**
 * The shipped stack `dev` on a real node: services, registry and cache run as its pods. Brokers and PostgreSQL, whose operators
 * the tests simulate, run on loopback beside it, where pods reach them under the operators' names.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImages } from "../../../../cli/image/build-images.ts";
import { LISTENERS } from "../../../../components/kafka/strimzi/names.ts";
import { readServiceTemplates } from "../../../../components/services/template.ts";
import { freePorts } from "../../../../toolchain/training/loopback-port.ts";
import { PROJECT_DIR } from "../../../platform/kit-command.ts";
import { CRD_MODULES, locateModuleCrds } from "../../../toolchain/module-crds.ts";
import type { PlatformStack, Setting } from "../../platform-stack.ts";
import { openPlatformStack } from "../../platform-stack.ts";
import { setStoreKeys } from "../../site/needs.ts";
import type { ClusterNode } from "../node.ts";
import { startNode } from "../node.ts";
import type { PlayedPart } from "../played-part.ts";
import { POSTGRES_PORT, playPostgresOperator } from "../played-postgres-operator.ts";
import { playStrimzi } from "../played-strimzi.ts";
import { writeServerImages } from "./server-images.ts";
import { NODE_ADDRESS } from "./settings.ts";

/** The stack with all that it runs on. */
export interface OrderSite {
  readonly node: ClusterNode;
  readonly stack: PlatformStack;
  /** Names of the services' Deployments. */
  readonly services: readonly string[];
  /** Where this process reaches the registry's API, once it runs. */
  readonly registryUrl: string;
  readonly parts: readonly PlayedPart[];
  /** Ends everything. */
  close(): Promise<void>;
}

const REGISTRY = "schema-registry.platform.svc.cluster.local";
/** All pods of a rollout request no more than one small node has; each may use four times as much. */
const SERVICE_CPU = "100m";
/** Timeout for a simulated part until the program declares its resource. */
const DECLARED_LIMIT_MS = 300_000;

/** Builds the images, starts the node and opens the stack; brings nothing up. */
export async function openOrderSite(): Promise<OrderSite> {
  const ends: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of ends.toReversed()) await end();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), "kit-order-images-"));
    ends.push(() => rm(folder, { recursive: true, force: true }));
    const services = readServiceTemplates(join(PROJECT_DIR, "service-templates"));
    const [brokerPort = 0, postgresPort = 0] = await freePorts(2);
    const node = await startNode({
      // The program installs Strimzi's own definitions.
      crds: await Promise.all(CRD_MODULES.map((module) => locateModuleCrds(module))),
      images: await imagesOf(services, folder),
      exits: [
        { port: LISTENERS.services.port, to: brokerPort },
        { port: POSTGRES_PORT, to: postgresPort },
      ],
    });
    ends.push(() => node.stop());
    const stack = await openPlatformStack("dev", { KUBECONFIG: node.api.kubeconfig });
    ends.push(() => stack.remove());
    await setStoreKeys(stack);
    const registryUrl = `http://127.0.0.1:${await node.door(REGISTRY, 8_080)}`;
    await stack.set(
      [["kubernetes", "context"], "test"],
      [["kubernetes", "registry", "reachedAt"], registryUrl],
      [["kubernetes", "postgres", "cloudNativePg", "reachedAt"], { host: "127.0.0.1", port: postgresPort }],
      [["kubernetes", "workloads", "images", "pullPolicy"], "IfNotPresent"],
      ...services.map(
        ({ name }): Setting => [["kubernetes", "workloads", "services", name, "resources", "cpu"], SERVICE_CPU],
      ),
    );
    const parts = [
      await playStrimzi(node.api.client, DECLARED_LIMIT_MS, { address: NODE_ADDRESS, port: brokerPort }),
      playPostgresOperator(node.api.client, postgresPort, DECLARED_LIMIT_MS, NODE_ADDRESS),
    ];
    // After the processes that connect to them have ended.
    ends.splice(1, 0, async () => {
      await Promise.all(parts.map((part) => part.stop()));
    });
    return { node, stack, services: services.map(({ name }) => name), registryUrl, parts, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Archives with the services' images, named as the stack names them, and with those of the servers. */
async function imagesOf(services: ReturnType<typeof readServiceTemplates>, folder: string): Promise<readonly string[]> {
  const archive = join(folder, "services.tar");
  const [servers] = await Promise.all([
    writeServerImages(folder),
    buildImages({
      projectDir: PROJECT_DIR,
      version: "1.0.0",
      base: { by: "host" },
      out: archive,
      services: services.map(({ name, runtime }) => ({
        service: name,
        workspace: `service-templates/${name}`,
        entry: runtime.entry,
        name: `registry.dev.example.com/order-platform/${name}:latest`,
      })),
    }),
  ]);
  return [archive, servers];
}
