/** A stack's brokers and registry as AsyncAPI servers. Pure. */
import { externalBootstrap, localBootstrap, strimziBootstrap } from "../../../components/kafka/client-addresses.ts";
import { clusterNodes } from "../../../components/kafka/nodes.ts";
import { localPorts } from "../../../components/local/ports.ts";
import type { StackSettings } from "../../../components/model/stack/stack.ts";
import { inClusterRegistryBase, localRegistryUrl, registryApi } from "../../../components/schemas/registry-address.ts";
import type { Server } from "./types.ts";
import { KAFKA_BINDING, reference } from "./types.ts";

/** Name of the security scheme in the document's components. */
export const SCRAM = "scram";

/** Servers by name, the stack's own first. A Kubernetes stack with an external listener has a second one. */
export function serversOf(stack: string, settings: StackSettings): Readonly<Record<string, Server>> {
  const { kubernetes } = settings;
  if (settings.substrate === "local" || kubernetes === undefined) {
    const brokers = clusterNodes(settings.kafka).filter(({ role }) => role === "broker");
    const ports = localPorts(settings.local.portBase);
    const addresses = localBootstrap(brokers, ports).map((address) => address.split(":"));
    const numbers = addresses.map(([, port = ""]) => port);
    const [[host = "", first = ""] = []] = addresses;
    return {
      [stack]: {
        ...server(
          stack,
          `${host}:{port}`,
          localRegistryUrl(ports.registry),
          "Kafka on one machine. Every port is a broker's, and each will do as bootstrap address.",
        ),
        variables: { port: { enum: numbers, default: first, description: "Port of one of the brokers." } },
      },
    };
  }
  const { kafka, namespaces, registry } = kubernetes;
  const inCluster = registryApi(inClusterRegistryBase(namespaces.platform));
  const outside = registry.reachedAt === undefined ? inCluster : registryApi(registry.reachedAt);
  return {
    [stack]: server(
      stack,
      strimziBootstrap(kafka.name, namespaces.kafka),
      inCluster,
      "Kafka within the Kubernetes cluster.",
    ),
    ...(kafka.external === undefined
      ? {}
      : {
          [`${stack}-external`]: server(
            `${stack}, from outside`,
            externalBootstrap(kafka.external.bootstrapHost),
            outside,
            "Kafka for clients outside the Kubernetes cluster.",
          ),
        }),
  };
}

function server(title: string, host: string, schemaRegistryUrl: string, description: string): Server {
  return {
    host,
    protocol: "kafka-secure",
    title,
    description,
    security: [reference("components", "securitySchemes", SCRAM)],
    bindings: { kafka: { schemaRegistryUrl, schemaRegistryVendor: "apicurio", bindingVersion: KAFKA_BINDING } },
  };
}
