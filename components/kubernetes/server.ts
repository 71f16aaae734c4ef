import type { Input } from "@pulumi/pulumi";
import type { PodSettings } from "../model/stack/stack-pods.ts";
import { CHECKSUM_ANNOTATION, filesDigest } from "./digest.ts";
import { disruptionBudget } from "./disruption-budget.ts";
import { type Manifest, POD_ADDRESS_ANNOTATIONS, platformLabels } from "./manifest.ts";
import { allow, type Flow, type NameService } from "./network.ts";
import { type Apartness, spreadOut } from "./placement.ts";
import { LEAVE_SECONDS, leavesLate } from "./pod-end.ts";
import { containerResources } from "./pod-resources.ts";
import { containerSecurity, podSecurity } from "./pod-security.ts";
import { pullPolicyOf } from "./pull-policy.ts";
import { podScheduling } from "./scheduling.ts";
import { serviceAccount } from "./service-account.ts";

/** A server of the platform without persistent storage: the registry or the cache. */
export interface ServerDescription {
  /** Name of every object. */
  readonly name: string;
  readonly namespace: string;
  readonly component: string;
  readonly image: string;
  readonly replicas: number;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Ports of the server. Clients use the first one. */
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly liveness: Record<string, unknown>;
  readonly readiness: Record<string, unknown>;
  /** Maximum time of a start, in seconds. */
  readonly startsWithin: number;
  readonly pods: PodSettings;
  readonly resources: { readonly cpu: string; readonly memory: string };
  /**
   * Content of files by name, mounted read-only in {@link CONFIGURATION_FOLDER}. A change causes a rolling restart of
   * the pods.
   */
  readonly files: Readonly<Record<string, Input<string>>>;
  readonly dns: NameService;
  readonly from: readonly Flow[];
  readonly to: readonly Flow[];
}

/** Folder in which a server finds its files. */
export const CONFIGURATION_FOLDER = "/etc/event-platform";

/** Seconds in which a server finishes its work in progress. */
const DRAIN_SECONDS = 25;

/** Temporary files and the container's log, MiB. */
const TEMPORARY = { request: 64, limit: 512 } as const;
/** Two pods never share a host. Zones are balanced if possible. */
const APART: Apartness = { hosts: "required", zones: "preferred" };

/** Returns the labels of a server's pods. */
export function serverSelector(name: string): Record<string, string> {
  return { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "event-platform" };
}

/**
 * Returns the account, Secret, Deployment, Service, disruption budget and network policy of a server. The Secret comes
 * first, the Deployment last.
 */
export function serverManifests(server: ServerDescription): Manifest[] {
  const { name, namespace, component, ports } = server;
  const metadata = { name, namespace, labels: platformLabels(name, component) };
  const selector = serverSelector(name);
  return [
    serviceAccount(metadata),
    { apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", stringData: server.files },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...metadata, annotations: POD_ADDRESS_ANNOTATIONS },
      spec: {
        type: "ClusterIP",
        selector,
        ports: ports.map((port) => ({ name: port.name, port: port.port, targetPort: port.name, protocol: "TCP" })),
      },
    },
    ...(server.replicas < 2 ? [] : [disruptionBudget(metadata, selector)]),
    allow({ metadata, pods: selector, dns: server.dns, from: server.from, to: server.to }),
    deployment(server, metadata, selector),
  ];
}

function deployment(
  server: ServerDescription,
  metadata: Manifest["metadata"],
  selector: Record<string, string>,
): Manifest {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      replicas: server.replicas,
      revisionHistoryLimit: 3,
      // A single server must not run twice. Of several servers, each stops only when its successor is ready.
      strategy:
        server.replicas < 2
          ? { type: "Recreate" }
          : { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: selector },
      template: {
        metadata: {
          labels: metadata.labels,
          annotations: { [CHECKSUM_ANNOTATION]: filesDigest({ files: Object.entries(server.files), schemas: [] }) },
        },
        spec: {
          serviceAccountName: server.name,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: podSecurity,
          terminationGracePeriodSeconds: LEAVE_SECONDS + DRAIN_SECONDS,
          ...podScheduling(server.pods),
          ...(server.replicas < 2 ? {} : spreadOut(selector, APART)),
          volumes: [
            { name: "configuration", secret: { secretName: server.name, defaultMode: 0o440 } },
            { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
          ],
          containers: [
            {
              name: server.name,
              image: server.image,
              imagePullPolicy: pullPolicyOf(server.image),
              ...(server.command === undefined ? {} : { command: server.command }),
              ...(server.environment === undefined
                ? {}
                : { env: Object.entries(server.environment).map(([variable, value]) => ({ name: variable, value })) }),
              ports: server.ports.map((port) => ({ name: port.name, containerPort: port.port, protocol: "TCP" })),
              startupProbe: {
                ...server.liveness,
                periodSeconds: 2,
                failureThreshold: Math.ceil(server.startsWithin / 2),
              },
              livenessProbe: { ...server.liveness, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
              readinessProbe: { ...server.readiness, periodSeconds: 5, timeoutSeconds: 5 },
              resources: containerResources(server.resources, TEMPORARY),
              lifecycle: leavesLate,
              volumeMounts: [
                { name: "configuration", mountPath: CONFIGURATION_FOLDER, readOnly: true },
                { name: "tmp", mountPath: "/tmp" },
              ],
              securityContext: containerSecurity,
            },
          ],
        },
      },
    },
  };
}
