import * as z from "zod";
import type { Breach, Manifest, Rule } from "../../rule.ts";
import { rule, ruleWith } from "../../rule.ts";
import type { Workload } from "../../workloads/pods.ts";
import { fieldOf, listOf, matchLabelsOf, selectsLabels, workloadOf } from "../../workloads/pods.ts";
import { breachesWhere, podYaml } from "../../workloads/text.ts";

const DENY = `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: services}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
`;
const OWN = `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: order-service, namespace: services}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: order-service}}
  policyTypes: [Ingress, Egress]
  egress: [{to: [{ipBlock: {cidr: 10.1.0.0/16}}], ports: [{port: 5432}]}]
`;
const OPEN = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: order-service, namespace: services}
spec: {podSelector: {}, policyTypes: [Ingress, Egress], egress: [{}]}
`;
const service = (type: string) => `apiVersion: v1
kind: Service
metadata: {name: api-gateway, namespace: services}
spec: {type: ${type}, ports: [{port: 8080}]}
`;

/** Rules on network access. */
export const workloadNetworkRules: readonly Rule[] = [
  ruleWith({
    id: "workload-network-policy",
    subject: "workloads",
    level: "error",
    summary: "A pod has only the connections that a network policy allows.",
    rationale:
      "Without a policy, every pod reaches all other pods and external addresses, and so does an attacker in a compromised pod.",
    parameters: z.strictObject({ namespacesWithoutDefault: z.array(z.string()).default([]) }),
    wrong: { manifest: podYaml({}) },
    right: { manifest: `${podYaml({})}${DENY}${OWN}` },
    checks: ({ namespacesWithoutDefault }) => ({
      manifests(manifests) {
        const policies = manifests.filter((manifest) => manifest.kind === "NetworkPolicy");
        const workloads = manifests.flatMap((manifest) => workloadOf(manifest) ?? []);
        const namespaces = new Map(workloads.map((workload) => [workload.namespace, workload]));
        const undefended = [...namespaces].filter(
          ([namespace]) =>
            !namespacesWithoutDefault.includes(namespace ?? "") &&
            !policies.some((policy) => policy.metadata?.namespace === namespace && isDefaultDeny(policy)),
        );
        return [
          ...undefended.map(([namespace, workload]) => ({
            object: `${workload.kind}/${workload.name}`,
            message: `namespace ${namespace ?? "default"} allows all traffic that no policy mentions`,
            fix: "add a NetworkPolicy with podSelector: {} and both policyTypes",
          })),
          ...workloads.flatMap((workload) => policyBreaches(workload, policies)),
        ];
      },
    }),
  }),
  rule({
    id: "workload-network-open",
    subject: "workloads",
    level: "error",
    summary: "A network policy names its peers and ports.",
    rationale: "A rule without a peer, or with all addresses as its peer, does not restrict anything.",
    wrong: { manifest: OPEN },
    right: { manifest: OWN.replace("---\n", "") },
    checks: () => ({ manifest: (manifest) => (manifest.kind === "NetworkPolicy" ? openings(manifest) : undefined) }),
  }),
  ruleWith({
    id: "workload-exposure",
    subject: "workloads",
    level: "error",
    summary: "External access uses TLS and only the ingress.",
    rationale: "A node port or a separate load balancer bypasses the ingress with its certificate, limits and log.",
    parameters: z.strictObject({ loadBalancers: z.array(z.string()).default([]) }),
    wrong: { manifest: service("LoadBalancer") },
    right: { manifest: service("ClusterIP") },
    checks: ({ loadBalancers }) => ({
      manifest(manifest) {
        const { kind, metadata } = manifest;
        if (kind === "Service") {
          const type = fieldOf(manifest.spec, "type");
          return breachesWhere([
            [
              (type === "LoadBalancer" || type === "NodePort") && !loadBalancers.includes(metadata?.name ?? ""),
              `a Service of type ${String(type)} bypasses the ingress`,
              "set type: ClusterIP and expose it with kubernetes.exposure",
            ],
          ]);
        }
        if (kind === "Ingress") {
          const encrypted = new Set(
            listOf(manifest.spec, "tls").flatMap((entry) =>
              fieldOf(entry, "secretName") === undefined ? [] : listOf(entry, "hosts"),
            ),
          );
          return listOf(manifest.spec, "rules").flatMap((entry) => {
            const host = fieldOf(entry, "host");
            return breachesWhere([
              [
                host === undefined || !encrypted.has(host),
                `host ${String(host ?? "*")} is served without TLS`,
                "add it to spec.tls with the Secret of its certificate",
              ],
            ]);
          });
        }
        if (kind === "Gateway") {
          return listOf(manifest.spec, "listeners").flatMap((listener) =>
            breachesWhere([
              [
                fieldOf(listener, "protocol") === "HTTPS" &&
                  listOf(fieldOf(listener, "tls"), "certificateRefs").length === 0,
                `listener ${String(fieldOf(listener, "name"))} has no certificate`,
                "add tls.certificateRefs",
              ],
            ]),
          );
        }
        return undefined;
      },
    }),
  }),
];

/**
 * Returns whether a policy denies everything in its namespace: it selects every pod, for both directions, without a
 * rule.
 */
function isDefaultDeny({ spec }: Manifest): boolean {
  const selector = fieldOf(spec, "podSelector");
  const everyPod = typeof selector === "object" && selector !== null && Object.keys(selector).length === 0;
  return everyPod && bothWays(spec) && listOf(spec, "ingress").length === 0 && listOf(spec, "egress").length === 0;
}

function bothWays(spec: unknown): boolean {
  const types = listOf(spec, "policyTypes");
  return types.includes("Ingress") && types.includes("Egress");
}

function policyBreaches({ kind, name, namespace, template }: Workload, policies: readonly Manifest[]): Breach[] {
  const own = policies.filter((policy) => {
    if (policy.metadata?.namespace !== namespace || isDefaultDeny(policy)) return false;
    const labels = matchLabelsOf(fieldOf(policy.spec, "podSelector"));
    return labels !== undefined && selectsLabels(labels, template.metadata?.labels);
  });
  if (own.length === 0)
    return [
      {
        object: `${kind}/${name}`,
        message: "no network policy selects its pods",
        fix: "add a NetworkPolicy that selects them",
      },
    ];
  if (own.some((policy) => bothWays(policy.spec))) return [];
  return [
    {
      object: `${kind}/${name}`,
      message: "its network policy covers only one direction",
      fix: "set policyTypes: [Ingress, Egress]",
    },
  ];
}

/** Returns the rules of a policy without a peer, or with all addresses as a peer. */
function openings({ spec }: Manifest): Breach[] {
  return (
    [
      ["ingress", "from"],
      ["egress", "to"],
    ] as const
  ).flatMap(([direction, side]) =>
    listOf(spec, direction).flatMap((entry) => {
      const peers = listOf(entry, side);
      const everywhere = peers.some((peer) =>
        ["0.0.0.0/0", "::/0"].includes(String(fieldOf(fieldOf(peer, "ipBlock"), "cidr"))),
      );
      return breachesWhere([
        [peers.length === 0, `${direction} is open to all peers`, `name peers under ${side}`],
        [everywhere, `${direction} is open to every address`, "name the intended addresses"],
        [
          peers.length > 0 && listOf(entry, "ports").length === 0,
          `${direction} is open on every port`,
          "name the ports",
        ],
      ]);
    }),
  );
}
