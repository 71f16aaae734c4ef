import { podsOf } from "../../kubernetes/network.ts";
import type { StrimziClusterInput } from "./cluster-input.ts";
import { LISTENERS } from "./names.ts";

/**
 * Returns the listeners of the brokers: for services, for the admin, and, if the stack declares it, for clients outside
 * the cluster.
 */
export function listeners(input: StrimziClusterInput): Record<string, unknown>[] {
  return [servicesListener(input), adminListener(input), ...externalListener(input)];
}

function servicesListener({ clientNamespaces }: StrimziClusterInput): Record<string, unknown> {
  return {
    ...LISTENERS.services,
    type: "internal",
    tls: true,
    authentication: { type: "scram-sha-512" },
    networkPolicyPeers: clientNamespaces.map((namespace) => podsOf(namespace)),
  };
}

function adminListener({ settings }: StrimziClusterInput): Record<string, unknown> {
  const { type, sourceRanges, annotations, namespaces } = settings.adminListener;
  return {
    ...LISTENERS.admin,
    type,
    tls: true,
    authentication: { type: "tls" },
    ...(type === "internal"
      ? { networkPolicyPeers: namespaces.map((namespace) => podsOf(namespace)) }
      : {
          networkPolicyPeers: ranges(sourceRanges),
          configuration: {
            externalTrafficPolicy: "Local",
            ...(type === "loadbalancer" ? balancers(sourceRanges, annotations) : {}),
          },
        }),
  };
}

function externalListener({ settings }: StrimziClusterInput): Record<string, unknown>[] {
  const { external } = settings;
  if (external === undefined) return [];
  const { bootstrap, perBrokerAnnotationsTemplate, ...balancer } = balancers(
    external.sourceRanges,
    external.annotations,
  );
  return [
    {
      ...LISTENERS.external,
      type: "loadbalancer",
      tls: true,
      authentication: { type: "scram-sha-512" },
      networkPolicyPeers: ranges(external.sourceRanges),
      configuration: {
        externalTrafficPolicy: "Local",
        ...balancer,
        ...(perBrokerAnnotationsTemplate === undefined ? {} : { perBrokerAnnotationsTemplate }),
        bootstrap: { ...bootstrap, alternativeNames: [external.bootstrapHost] },
        advertisedHostTemplate: external.brokerHostTemplate,
        ...(external.certificateSecret === undefined
          ? {}
          : {
              brokerCertChainAndKey: { secretName: external.certificateSecret, certificate: "tls.crt", key: "tls.key" },
            }),
      },
    },
  ];
}

interface Balancers {
  readonly loadBalancerSourceRanges: readonly string[];
  readonly bootstrap?: { readonly annotations: Readonly<Record<string, string>> };
  readonly perBrokerAnnotationsTemplate?: Readonly<Record<string, string>>;
}

function balancers(sourceRanges: readonly string[], annotations: Readonly<Record<string, string>>): Balancers {
  return {
    loadBalancerSourceRanges: sourceRanges,
    ...(Object.keys(annotations).length === 0
      ? {}
      : { bootstrap: { annotations }, perBrokerAnnotationsTemplate: annotations }),
  };
}

/** Returns the allowed source ranges. With `externalTrafficPolicy: Local` a broker sees the client's own address. */
function ranges(sourceRanges: readonly string[]): Record<string, unknown>[] {
  return sourceRanges.map((range) => ({ ipBlock: { cidr: range } }));
}
