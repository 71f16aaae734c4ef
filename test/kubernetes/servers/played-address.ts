import type { ApiClient, ApiObject } from "./api-client.ts";
import { describeAnswer } from "./api-client.ts";

/** The address of servers that run elsewhere than in pods. */
export interface PlayedAddress {
  readonly namespace: string;
  /** Name of the Service. */
  readonly name: string;
  /** Port of the Service and of the address. */
  readonly port: number;
  /** Where the server is, as pods see it. */
  readonly address: string;
  /** For a Service without an address of its own: the name of its one server, before the Service's. */
  readonly server?: string;
}

/** Makes a Service as an operator does for its servers. Nothing selects its endpoints: they are named. */
export async function playAddress(
  client: ApiClient,
  { namespace, name, port, address, server }: PlayedAddress,
): Promise<void> {
  const ports = [{ name: "tcp", port, protocol: "TCP" }];
  const objects: readonly ApiObject[] = [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace },
      spec: { ports, ...(server === undefined ? {} : { clusterIP: "None" }) },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name, namespace, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      endpoints: [
        { addresses: [address], conditions: { ready: true }, ...(server === undefined ? {} : { hostname: server }) },
      ],
      ports,
    },
  ];
  for (const object of objects) {
    const answer = await client.apply(object);
    if (answer.status >= 300)
      throw new Error(`The ${object.kind} ${namespace}/${name} was refused: ${describeAnswer(answer)}`);
  }
}
