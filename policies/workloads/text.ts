import type { Breach } from "../rule.ts";

/** Returns the breaches whose condition is true. */
export function breachesWhere(
  candidates: readonly (readonly [broken: boolean, message: string, fix: string])[],
): Breach[] {
  return candidates.flatMap(([broken, message, fix]) => (broken ? [{ message, fix }] : []));
}

/** Parts of a valid pod that an example replaces. */
export interface PodExample {
  readonly image?: string;
  readonly resources?: string;
  /** Lines of the container that replace or extend the valid security context. */
  readonly container?: string;
  /** A line of the pod that replaces its service account. */
  readonly pod?: string;
  readonly probes?: string;
  readonly env?: string;
  readonly replicas?: number;
  /** Lines of the pod's placement. */
  readonly placement?: string;
}

const GOOD_CONTAINER =
  "securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}";
const GOOD_RESOURCES =
  "{requests: {cpu: 250m, memory: 192Mi, ephemeral-storage: 64Mi}, limits: {cpu: 1000m, memory: 192Mi, ephemeral-storage: 256Mi}}";
const GOOD_PROBES = `livenessProbe: {httpGet: {path: /livez, port: management}}
          readinessProbe: {httpGet: {path: /readyz, port: management}}
          startupProbe: {httpGet: {path: /livez, port: management}}`;
const GOOD_PLACEMENT = `affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname}]}}
      topologySpreadConstraints: [{topologyKey: topology.kubernetes.io/zone, maxSkew: 1, whenUnsatisfiable: DoNotSchedule}]`;

/** Returns a Deployment as an example. It is valid except for the given parts. */
export function podYaml(changes: PodExample): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: services}
spec:
  replicas: ${changes.replicas ?? 2}
  revisionHistoryLimit: 3
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: "25%", maxUnavailable: 0}}
  selector: {matchLabels: {app.kubernetes.io/name: order-service}}
  template:
    metadata: {labels: {app.kubernetes.io/name: order-service}, annotations: {event-platform/config-checksum: 5feceb66}}
    spec:
      ${changes.pod ?? "serviceAccountName: order-service"}
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, runAsUser: 10001, seccompProfile: {type: RuntimeDefault}}
      terminationGracePeriodSeconds: 20
      ${changes.placement ?? GOOD_PLACEMENT}
      containers:
        - name: service
          image: ${changes.image ?? `registry.example.com/order-service@sha256:${"0123456789abcdef".repeat(4)}`}
          ${changes.container ?? GOOD_CONTAINER}
          resources: ${changes.resources ?? GOOD_RESOURCES}
          ${changes.probes ?? GOOD_PROBES}
          env: ${changes.env ?? "[{name: LOG_LEVEL, value: info}]"}
          ports: [{name: http, containerPort: 8080}]
          lifecycle: {preStop: {sleep: {seconds: 5}}}
      volumes: [{name: secrets, secret: {secretName: order-service-secrets, defaultMode: 256}}]
`;
}
