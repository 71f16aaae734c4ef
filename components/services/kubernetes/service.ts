import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { KitComponent } from "../../component.ts";
import type { KubernetesWorkloadSettings } from "../../model/stack-workload.ts";
import type { Workload } from "../workload.ts";
import { horizontalPodAutoscaler, lagScaling } from "./autoscaling.ts";
import { configChecksum, configMap, schemaMap, secretObject } from "./config.ts";
import type { RenderContext } from "./context.ts";
import { deployment } from "./deployment.ts";
import { gatewayRoutes, ingress } from "./exposure.ts";
import type { Manifest } from "./manifest.ts";
import { hasMigrations, migrationJob, migrationSecret } from "./migration-job.ts";
import { podMonitor } from "./monitoring.ts";
import type { NetworkPeers } from "./network-policy.ts";
import { migrationNetworkPolicy, networkPolicy } from "./network-policy.ts";
import { podDisruptionBudget } from "./pod-disruption-budget.ts";
import { serviceAccount } from "./service-account.ts";
import { serviceObject } from "./service-object.ts";

/** Arguments of {@link KubernetesService}. */
export interface KubernetesServiceArgs {
  readonly workload: Workload;
  readonly namespace: pulumi.Input<string>;
  readonly provider: kubernetes.Provider;
  readonly settings: KubernetesWorkloadSettings;
  /** Label of nodes that names their zone. */
  readonly zoneLabel: string;
  readonly peers: NetworkPeers;
}

/**
 * A workload on Kubernetes: its Deployment, and all that makes it safe to run and to change. Pods start once the
 * servers they need are there, their network policy stands, and the database is migrated by the same image.
 */
export class KubernetesService extends KitComponent {
  /** Ready when every pod is. */
  readonly deployment: kubernetes.apps.v1.Deployment;

  constructor(args: KubernetesServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("services:KubernetesService", args.workload.name, opts);
    const { workload, peers } = args;
    const { name } = workload;
    const context: RenderContext = args;
    const options = this.child({ provider: args.provider });

    const account = new kubernetes.core.v1.ServiceAccount(name, serviceAccount(context), options);
    const network = new kubernetes.networking.v1.NetworkPolicy(name, networkPolicy(context, peers), options);
    const needed: pulumi.Resource[] = [
      account,
      network,
      ...this.configuration(context, options),
      ...workload.dependsOn,
    ];
    if (hasMigrations(context)) {
      const part = `${name}-migration`;
      const secret = new kubernetes.core.v1.Secret(part, migrationSecret(context), options);
      const door = new kubernetes.networking.v1.NetworkPolicy(part, migrationNetworkPolicy(context, peers), options);
      needed.push(
        new kubernetes.batch.v1.Job(part, migrationJob(context), {
          ...options,
          dependsOn: [account, secret, door, ...workload.dependsOn],
        }),
      );
    }
    this.deployment = new kubernetes.apps.v1.Deployment(name, deployment(context, configChecksum(context)), {
      ...options,
      dependsOn: needed,
    });

    const address = serviceObject(context);
    if (address !== undefined) new kubernetes.core.v1.Service(name, address, options);
    const budget = podDisruptionBudget(context);
    if (budget !== undefined) new kubernetes.policy.v1.PodDisruptionBudget(name, budget, options);
    this.scaling(context, options);
    const way = ingress(context);
    if (way !== undefined)
      new kubernetes.networking.v1.Ingress(name, way, { ...options, dependsOn: [this.deployment] });
    for (const manifest of gatewayRoutes(context)) this.custom(manifest, options);
    const monitor = podMonitor(context);
    if (monitor !== undefined) this.custom(monitor, options);
    this.registerOutputs({});
  }

  private configuration(context: RenderContext, options: pulumi.CustomResourceOptions): pulumi.Resource[] {
    const { files, schemas } = context.workload;
    const objects: pulumi.Resource[] = [];
    if (files.some((file) => file.secret)) {
      const secret = secretObject(context);
      objects.push(new kubernetes.core.v1.Secret(secret.metadata.name, secret, options));
    }
    if (files.some((file) => !file.secret)) {
      const config = configMap(context);
      objects.push(new kubernetes.core.v1.ConfigMap(config.metadata.name, config, options));
    }
    if (schemas.length > 0) {
      const map = schemaMap(context);
      objects.push(new kubernetes.core.v1.ConfigMap(map.metadata.name, map, options));
    }
    return objects;
  }

  private scaling(context: RenderContext, options: pulumi.CustomResourceOptions): void {
    const { name } = context.workload;
    const after = { ...options, dependsOn: [this.deployment] };
    const byUse = horizontalPodAutoscaler(context);
    if (byUse !== undefined) new kubernetes.autoscaling.v2.HorizontalPodAutoscaler(name, byUse, after);
    const byLag = lagScaling(context);
    if (byLag === undefined) return;
    new kubernetes.core.v1.Secret(`${name}-scaler`, byLag.secret, options);
    this.custom(byLag.authentication, options);
    this.custom(byLag.scaledObject, after);
  }

  private custom({ apiVersion, kind, metadata, spec }: Manifest, options: pulumi.CustomResourceOptions): void {
    new kubernetes.apiextensions.CustomResource(
      `${metadata.name}-${kind}`,
      { apiVersion, kind, metadata, spec },
      options,
    );
  }
}
