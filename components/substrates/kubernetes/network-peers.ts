import { POSTGRES_PODS } from "../../databases/cloud-native-postgres.ts";
import { REDIS_NAME, REDIS_PORT } from "../../databases/kubernetes-redis.ts";
import { clusterLabel, LISTENERS } from "../../kafka/strimzi/names.ts";
import { inNamespace, type NetworkPeer, nameService } from "../../kubernetes/network-peer.ts";
import { serverSelector } from "../../kubernetes/server.ts";
import type { KubernetesServers } from "../../model/stack-kubernetes.ts";
import { REGISTRY_NAME, REGISTRY_PORT } from "../../schemas/registry-address.ts";
import { storePort } from "../../services/claim-check-store.ts";
import type { NetworkPeers } from "../../services/kubernetes/network-policy.ts";

/** Where the servers are that services talk to, for their network policies. */
export function networkPeers({
  namespaces,
  dns,
  kafka,
  postgres,
  redis,
  claimCheckStore,
}: KubernetesServers): NetworkPeers {
  return {
    dns: nameService(dns),
    kafka: {
      to: [inNamespace(namespaces.kafka, { ...clusterLabel(kafka.name), "strimzi.io/broker-role": "true" })],
      ports: [{ port: LISTENERS.services.port }],
    },
    registry: {
      to: [inNamespace(namespaces.platform, serverSelector(REGISTRY_NAME))],
      ports: [{ port: REGISTRY_PORT }],
    },
    postgres:
      postgres.external === undefined
        ? { to: [inNamespace(namespaces.platform, POSTGRES_PODS)], ports: [{ port: 5_432 }] }
        : outside(postgres.external),
    redis:
      redis.external === undefined
        ? { to: [inNamespace(namespaces.platform, serverSelector(REDIS_NAME))], ports: [{ port: REDIS_PORT }] }
        : outside(redis.external),
    ...(claimCheckStore === undefined
      ? {}
      : { "claim-checks": outside({ cidrs: claimCheckStore.cidrs, port: storePort(claimCheckStore.endpoint) }) }),
  };
}

function outside({ cidrs, port }: { readonly cidrs: readonly string[]; readonly port: number }): NetworkPeer {
  return { to: cidrs.map((cidr) => ({ ipBlock: { cidr } })), ports: [{ port }] };
}
