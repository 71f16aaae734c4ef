import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { KitComponent } from "../../component.ts";
import { disruptionBudget } from "../../kubernetes/disruption-budget.ts";
import type { Manifest } from "../../kubernetes/manifest.ts";
import { KubernetesObject } from "../../kubernetes/object.ts";
import { serviceAccount } from "../../kubernetes/service-account.ts";
import type { PodSettings } from "../../model/stack/stack-pods.ts";
import type { KubernetesWorkloadSettings } from "../../model/stack/stack-workload.ts";
import type { Workload } from "../workload.ts";
import { horizontalPodAutoscaler, lagScaling } from "./autoscaling.ts";
import { configChecksum, configMap, schemaMap, secretObject } from "./config.ts";
import type { RenderContext } from "./context.ts";
import { deployment } from "./deployment.ts";
import { gatewayRoutes, ingress } from "./exposure.ts";
import { metadataOf, selectorLabels } from "./labels.ts";
import { hasMigrations, migrationJob, migrationSecret } from "./migration-job.ts";
import { podMonitor } from "./monitoring.ts";
import type { NetworkPeers } from "./network-policy.ts";
import { migrationNetworkPolicy, networkPolicy } from "./network-policy.ts";
import { scalingOf } from "./scaling.ts";
import { serviceObject } from "./service-object.ts";

/** Arguments of {@link KubernetesService}. */
export interface KubernetesServiceArgs {
  readonly workload: Workload;
  readonly namespace: string;
  readonly provider: kubernetes.Provider;
  readonly settings: KubernetesWorkloadSettings;
  readonly pods: PodSettings;
  /** Node label that names the zone. */
  readonly zoneLabel: string;
  readonly peers: NetworkPeers;
}

/**
 * A workload on Kubernetes: its Deployment, and the objects that make it safe to run and to change. Pods start after
 * the servers that they need exist, their network policy is applied, and the same image has migrated the database.
 */
export class KubernetesService extends KitComponent {
  /** The Deployment. It is ready when every pod is. */
  readonly deployment: KubernetesObject;
  readonly #provider: kubernetes.Provider;

  constructor(args: KubernetesServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("services:KubernetesService", args.workload.name, opts);
    const { workload, peers, settings } = args;
    const context: RenderContext = args;
    this.#provider = args.provider;
    const metadata = metadataOf(context);

    const account = this.#apply(serviceAccount(metadata));
    const network = this.#apply(networkPolicy(context, peers));
    const needed: pulumi.Resource[] = [account, network, ...this.#configuration(context), ...workload.dependsOn];
    if (hasMigrations(context)) {
      const before = [
        account,
        this.#apply(migrationSecret(context)),
        this.#apply(migrationNetworkPolicy(context, peers)),
        ...workload.dependsOn,
      ];
      needed.push(this.#apply(migrationJob(context), before, `${workload.name}-migration`));
    }
    this.deployment = this.#apply(deployment(context, configChecksum(context)), needed);

    const address = serviceObject(context);
    if (address !== undefined) this.#apply(address);
    // Only for several replicas, because a budget would bind a single pod to its node.
    if (scalingOf(workload, settings).min > 1) this.#apply(disruptionBudget(metadata, selectorLabels(workload.name)));
    this.#scaling(context);
    const way = ingress(context);
    if (way !== undefined) this.#apply(way, [this.deployment]);
    for (const manifest of gatewayRoutes(context)) this.#apply(manifest);
    const monitor = podMonitor(context);
    if (monitor !== undefined) this.#apply(monitor);
    this.registerOutputs({});
  }

  #configuration(context: RenderContext): pulumi.Resource[] {
    const { files, schemas } = context.workload;
    return [
      ...(files.some((file) => file.secret) ? [secretObject(context)] : []),
      ...(files.some((file) => !file.secret) ? [configMap(context)] : []),
      ...(schemas.length > 0 ? [schemaMap(context)] : []),
    ].map((manifest) => this.#apply(manifest));
  }

  #scaling(context: RenderContext): void {
    const byUse = horizontalPodAutoscaler(context);
    if (byUse !== undefined) this.#apply(byUse, [this.deployment]);
    const byLag = lagScaling(context);
    if (byLag === undefined) return;
    this.#apply(byLag.secret);
    this.#apply(byLag.authentication);
    this.#apply(byLag.scaledObject, [this.deployment]);
  }

  /**
   * Applies a manifest.
   * @param lasting - As in {@link KubernetesObject}.
   */
  #apply(manifest: Manifest, dependsOn: pulumi.Resource[] = [], lasting = manifest.metadata.name): KubernetesObject {
    // The resource name of stacks from earlier releases, as an alias, so that the object is kept.
    const former = CORE_GROUPS.test(manifest.apiVersion) ? lasting : `${lasting}-${manifest.kind}`;
    const options = this.child({ provider: this.#provider, dependsOn, aliases: [{ name: former }] });
    return new KubernetesObject(manifest, options, lasting);
  }
}

/** API versions of Kubernetes itself. The resource names of all other objects formerly included their kind. */
const CORE_GROUPS = /^(v1|(apps|batch|autoscaling|policy|networking\.k8s\.io)\/.*)$/;
