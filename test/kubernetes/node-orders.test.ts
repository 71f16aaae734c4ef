import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { processesMentioning } from "../platform/processes.ts";
import { describeAnswer } from "./servers/api-client.ts";
import type { NodeCustomer } from "./servers/node/customer.ts";
import { endsOf, nodeCustomer } from "./servers/node/customer.ts";
import type { OrderSite } from "./servers/node/order-site.ts";
import { openOrderSite } from "./servers/node/order-site.ts";
import type { PodState } from "./servers/node/pods.ts";
import { podsOf } from "./servers/node/pods.ts";
import { deploymentsOf, restart } from "./servers/node/rollout.ts";
import { whyNoNode } from "./servers/node.ts";
import {
  DESTROY,
  expectDestroyed,
  expectOnlySharedLeft,
  expectServersFilled,
  exported,
  good,
  NAMESPACES,
  UP,
} from "./stack-state.ts";

const missing = await whyNoNode();
const MINUTE_MS = 60_000;
const SERVICES = "services";
const LIMIT_MS = 120_000;
const ENDS_LIMIT_MS = 60_000;
const ORDERS_PER_SECOND = 4;
const EATER = join(import.meta.dirname, "servers", "node", "memory-eater.ts");

describe.skipIf(missing !== undefined)(
  `the stack dev on a real node${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    let site: OrderSite;
    let opened: OrderSite | undefined;
    let customer: NodeCustomer;

    beforeAll(async () => {
      site = opened = await openOrderSite();
    }, 10 * MINUTE_MS);
    afterAll(async () => {
      await opened?.close();
      if (opened === undefined) return;
      expect(processesMentioning(site.node.places.folder)).toEqual([]);
      expect(existsSync(site.node.places.folder)).toBe(false);
    }, 5 * MINUTE_MS);

    const settled = async (): Promise<boolean> =>
      (await deploymentsOf(site.node.api.client, NAMESPACES)).every(({ done }) => done);
    const podOf = async (service: string): Promise<PodState> => {
      const found = (await podsOf(site.node.api.client, SERVICES)).find(
        ({ name, ready }) => ready && name.startsWith(`${service}-`),
      );
      if (found === undefined) throw new Error(`${service} has no pod that is ready.`);
      return found;
    };
    /** Places orders until one is accepted, as a customer does after a fault, and sees it confirmed. */
    const confirmsAnOrder = async (): Promise<void> => {
      await site.node.until(
        "an order that is confirmed",
        async () => {
          const { orderId, failure } = await customer.place();
          if (orderId === undefined) throw new Error(failure);
          return (await endsOf(customer, [orderId], ENDS_LIMIT_MS)).confirmed === 1;
        },
        LIMIT_MS,
      );
    };

    it("comes up whole: every Deployment available, every migration done, what lives in the servers made", {
      timeout: 8 * MINUTE_MS,
    }, async () => {
      const { node, stack, services } = site;
      good(await stack.pulumi(UP));
      for (const part of site.parts) await part.answered;
      const state = await exported(stack);
      await expectServersFilled(node.api.client, state, site.registryUrl);
      const deployments = await deploymentsOf(node.api.client, NAMESPACES);
      expect(deployments.map(({ name }) => name)).toEqual(
        expect.arrayContaining([
          ...services.map((name) => `${SERVICES}/${name}`),
          "platform/schema-registry",
          "platform/redis",
        ]),
      );
      expect(deployments.filter(({ done }) => !done)).toEqual([]);
      customer = await nodeCustomer(node, state, "customer-of-the-node");
    });

    it("confirms an order that comes through the gateway's Service", { timeout: 3 * MINUTE_MS }, async () => {
      const { orderId, failure } = await customer.place();
      expect(failure).toBeUndefined();
      expect(await endsOf(customer, [orderId ?? ""], ENDS_LIMIT_MS)).toEqual({ confirmed: 1 });
    });

    it("rolls every Deployment over under load: no request fails, no order is lost", {
      timeout: 6 * MINUTE_MS,
    }, async () => {
      const { client } = site.node.api;
      const before = new Set((await podsOf(client, SERVICES)).map(({ name }) => name));
      const load = customer.placeSteadily(ORDERS_PER_SECOND);
      const started = performance.now();
      let attempts: Awaited<ReturnType<typeof load.stop>>;
      try {
        for (const { name } of await deploymentsOf(client, NAMESPACES)) await restart(client, name);
        await site.node.until(
          "rollouts of every Deployment",
          async () => {
            const pods = await client.list(`/api/v1/namespaces/${SERVICES}/pods`);
            return (await settled()) && pods.every(({ metadata }) => !before.has(metadata.name));
          },
          3 * LIMIT_MS,
        );
      } finally {
        attempts = await load.stop();
      }
      const orders = attempts.flatMap(({ orderId }) => orderId ?? []);
      const ends = await endsOf(customer, orders, ENDS_LIMIT_MS);
      process.stderr.write(
        `Rollout of every Deployment: ${Math.round(performance.now() - started)} ms, ${attempts.length} orders, slowest answer ${Math.max(...attempts.map(({ elapsedMs }) => elapsedMs))} ms, ends ${JSON.stringify(ends)}\n`,
      );
      expect(attempts.filter(({ failure }) => failure !== undefined)).toEqual([]);
      expect(orders.length).toBe(attempts.length);
    });

    it("heals when a pod of each service is deleted", { timeout: 4 * MINUTE_MS }, async () => {
      const { client } = site.node.api;
      const victims = (await podsOf(client, SERVICES)).map(({ name }) => name);
      for (const name of victims) {
        const answer = await client.request("DELETE", `/api/v1/namespaces/${SERVICES}/pods/${name}`);
        expect(answer.status, describeAnswer(answer)).toBe(200);
      }
      await site.node.until(
        "other pods, all ready",
        async () => {
          const pods = await podsOf(client, SERVICES);
          return (await settled()) && pods.every(({ name, ready }) => ready && !victims.includes(name));
        },
        LIMIT_MS,
      );
      await confirmsAnOrder();
    });

    it("heals when a service takes more memory than its limit", { timeout: 4 * MINUTE_MS }, async () => {
      const { node } = site;
      const { name, container = "" } = await podOf("order-service");
      const tasks = await node.run(["ctr", "--namespace=k8s.io", "tasks", "list"]);
      const pid = new RegExp(`^${container}\\s+(\\d+)`, "m").exec(tasks)?.[1] ?? "";
      await node.run([
        "nsenter",
        `--target=${pid}`,
        "--net",
        process.execPath,
        "--disable-warning=ExperimentalWarning",
        EATER,
        pid,
      ]);
      await node.until(
        "a container that came back after it ran out of memory",
        async () => {
          const found = (await podsOf(node.api.client, SERVICES)).find((pod) => pod.name === name);
          return found?.lastEnd === "OOMKilled" && found.ready;
        },
        LIMIT_MS,
      );
      await confirmsAnOrder();
    });

    it("heals after a power cut of its node", { timeout: 5 * MINUTE_MS }, async () => {
      const { node } = site;
      const before = new Set((await podsOf(node.api.client, SERVICES)).map(({ container }) => container));
      await node.restart();
      await node.until(
        "containers of after the cut, all ready",
        async () => {
          const pods = await podsOf(node.api.client, SERVICES);
          return (await settled()) && pods.every(({ container, ready }) => ready && !before.has(container));
        },
        2 * LIMIT_MS,
      );
      await confirmsAnOrder();
    });

    it("leaves nothing when it is destroyed", { timeout: 5 * MINUTE_MS }, async () => {
      const { node, stack } = site;
      good(await stack.pulumi(DESTROY));
      const { client } = node.api;
      await expectDestroyed(client, stack);
      await expectOnlySharedLeft(client);
      expect((await client.list("/api/v1/pods")).map(({ metadata }) => metadata.namespace)).toEqual(["kube-system"]);
      // CoreDNS and its sandbox.
      await node.until(
        "the end of every container of the stack",
        async () =>
          (await node.run(["ctr", "--namespace=k8s.io", "tasks", "list", "--quiet"])).trim().split("\n").length === 2,
        LIMIT_MS,
      );
    });
  },
);
