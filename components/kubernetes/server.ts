import type { Input } from "@pulumi/pulumi";
import { type Manifest, POD_ADDRESS_ANNOTATIONS, platformLabels, timesCpu } from "./manifest.ts";
import { allow, type Flow } from "./network.ts";
import type { NameService } from "./network-peer.ts";
import { containerSecurity, podSecurity, spreadOut } from "./pod-security.ts";
import { pullPolicyOf } from "./pull-policy.ts";

/** A server of the platform that keeps nothing on disk: registry or cache. */
export interface ServerDescription {
  /** Name of every object. */
  readonly name: string;
  readonly namespace: string;
  readonly component: string;
  readonly image: string;
  readonly replicas: number;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** First port is the one others use. */
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly liveness: Record<string, unknown>;
  readonly readiness: Record<string, unknown>;
  /** How long a start may take, in seconds. */
  readonly startsWithin: number;
  readonly resources: { readonly cpu: string; readonly memory: string };
  /** Content of files by name, mounted read-only in {@link CONFIGURATION_FOLDER}. */
  readonly files: Readonly<Record<string, Input<string>>>;
  /** Changes when the files do, so that the pods follow. */
  readonly filesDigest: Input<string>;
  readonly dns: NameService;
  readonly from: readonly Flow[];
  readonly to: readonly Flow[];
}

/** Where a server finds its files. */
export const CONFIGURATION_FOLDER = "/etc/event-platform";

/** How far a server may exceed the processor time it asked for, while a node has it to spare: a JVM needs it to start. */
const CPU_BURST = 4;
/** Seconds in which a server that ends is still sent requests. */
const LEAVE_SECONDS = 5;
/** Seconds in which it finishes what it has. */
const DRAIN_SECONDS = 25;

/** Labels by which a server's pods are found. */
export function serverSelector(name: string): Record<string, string> {
  return { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "event-platform" };
}

/** Account, Secret, Deployment, Service, disruption budget and network policy of a server. The Secret comes first, the Deployment last. */
export function serverManifests(server: ServerDescription): Manifest[] {
  const { name, namespace, component, ports } = server;
  const metadata = { name, namespace, labels: platformLabels(name, component) };
  const selector = serverSelector(name);
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata, automountServiceAccountToken: false },
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
    ...(server.replicas < 2
      ? []
      : [
          {
            apiVersion: "policy/v1",
            kind: "PodDisruptionBudget",
            metadata,
            spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow", selector: { matchLabels: selector } },
          },
        ]),
    allow({ name, namespace, component, pods: selector, dns: server.dns, from: server.from, to: server.to }),
    deployment(server, metadata, selector),
  ];
}

function deployment(
  server: ServerDescription,
  metadata: Manifest["metadata"],
  selector: Record<string, string>,
): Manifest {
  const { cpu, memory } = server.resources;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      replicas: server.replicas,
      revisionHistoryLimit: 3,
      // A lone server must not run twice; of several none goes before its successor is ready.
      strategy:
        server.replicas < 2
          ? { type: "Recreate" }
          : { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: metadata.labels, annotations: { "event-platform/files": server.filesDigest } },
        spec: {
          serviceAccountName: server.name,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: podSecurity,
          terminationGracePeriodSeconds: LEAVE_SECONDS + DRAIN_SECONDS,
          ...spreadOut(selector, server.replicas),
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
              resources: {
                requests: { cpu, memory, "ephemeral-storage": "64Mi" },
                limits: { cpu: timesCpu(cpu, CPU_BURST), memory, "ephemeral-storage": "512Mi" },
              },
              // Requests still come until every node knows that a pod ends.
              lifecycle: { preStop: { sleep: { seconds: LEAVE_SECONDS } } },
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
