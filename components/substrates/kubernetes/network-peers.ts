import { POSTGRES_PODS } from "../../databases/cloud-native-postgres.ts";
import { REDIS_NAME, REDIS_PORT } from "../../databases/kubernetes-redis.ts";
import { clusterLabel, LISTENERS } from "../../kafka/strimzi/names.ts";
import { addresses, type Flow, podsOf } from "../../kubernetes/network.ts";
import { serverSelector } from "../../kubernetes/server.ts";
import type { KubernetesServers } from "../../model/stack/stack-kubernetes.ts";
import type { TracingSettings } from "../../model/stack/stack-tracing.ts";
import { portOfAddress } from "../../model/values/address-port.ts";
import { REGISTRY_NAME, REGISTRY_PORT } from "../../schemas/registry-address.ts";
import type { NetworkPeers } from "../../services/kubernetes/network-policy.ts";

/** Returns the flows to the servers that services use, for their network policies. */
export function networkPeers(
  { namespaces, dns, kafka, postgres, redis, claimCheckStore }: KubernetesServers,
  tracing?: TracingSettings,
): NetworkPeers {
  return {
    dns,
    kafka: {
      peers: [podsOf(namespaces.kafka, { ...clusterLabel(kafka.name), "strimzi.io/broker-role": "true" })],
      ports: [LISTENERS.services.port],
    },
    registry: {
      peers: [podsOf(namespaces.platform, serverSelector(REGISTRY_NAME))],
      ports: [REGISTRY_PORT],
    },
    postgres:
      postgres.external === undefined
        ? { peers: [podsOf(namespaces.platform, POSTGRES_PODS)], ports: [5_432] }
        : outside(postgres.external),
    redis:
      redis.external === undefined
        ? { peers: [podsOf(namespaces.platform, serverSelector(REDIS_NAME))], ports: [REDIS_PORT] }
        : outside(redis.external),
    ...(claimCheckStore === undefined
      ? {}
      : { "claim-checks": outside({ cidrs: claimCheckStore.cidrs, port: portOfAddress(claimCheckStore.endpoint) }) }),
    ...(tracing === undefined ? {} : { traces: receiver(tracing) }),
  };
}

function receiver(tracing: TracingSettings): Flow {
  const { namespace, cidrs = [] } = tracing;
  return {
    peers: namespace === undefined ? addresses(cidrs) : [podsOf(namespace)],
    ports: [portOfAddress(tracing.endpoint)],
  };
}

function outside({ cidrs, port }: { readonly cidrs: readonly string[]; readonly port: number }): Flow {
  return { peers: addresses(cidrs), ports: [port] };
}
