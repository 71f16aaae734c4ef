import type { Breakage } from "./breakages.ts";
import { API_SERVER, altered, dataOf, removedFrom, replaceText } from "./breakages.ts";

const POD = "spec.template.pod";

/** Properties that the resources of a cluster must have, each removed in turn, and which check reports it. */
export const KAFKA_BREAKAGES: readonly Breakage[] = [
  ...removedFrom("Kafka", {
    "spec.kafka.authorization": "workload-kafka-access",
    "spec.kafka.listeners.0.authentication": "workload-kafka-access",
    "spec.kafka.listeners.1.authentication": "workload-kafka-access",
    "spec.kafka.listeners": API_SERVER,
    "spec.kafka.listeners.0.port": API_SERVER,
    "spec.kafka.listeners.0.tls": "workload-kafka-access",
    "spec.kafka": API_SERVER,
    "spec.kafka.quotas": "workload-kafka-one-owner",
    "spec.clientsCa": "workload-kafka-one-owner",
    "spec.kafka.rack": "workload-kafka-spread",
    "spec.kafka.template": "workload-kafka-spread",
  }),
  altered("Kafka", "a listener without TLS", "workload-kafka-access", (object) =>
    replaceText(object, /"tls":true/, '"tls":false'),
  ),
  altered("Kafka", "two brokers away at once for maintenance", "workload-kafka-spread", (object) =>
    replaceText(object, /"maxUnavailable":1/, '"maxUnavailable":2'),
  ),
  altered("Kafka", "an operator of topics", "workload-kafka-one-owner", (object) => ({
    ...object,
    spec: { ...dataOf(object.spec), entityOperator: { topicOperator: {} } },
  })),
  altered("Kafka", "quotas of Strimzi's plugin", "workload-kafka-one-owner", (object) =>
    replaceText(object, /"quotas":\{"type":"kafka"\}/, '"quotas":{"type":"strimzi","producerByteRate":1000}'),
  ),
  altered("Kafka", "a kind of listener that there is not", API_SERVER, (object) =>
    replaceText(object, /"type":"scram-sha-512"/, '"type":"plain-text"'),
  ),
  ...removedFrom("KafkaNodePool", {
    [`${POD}.affinity`]: "workload-kafka-spread",
    [`${POD}.affinity.podAntiAffinity`]: "workload-kafka-spread",
    [`${POD}.affinity.nodeAffinity`]: "workload-kafka-spread",
    [`${POD}.topologySpreadConstraints`]: "workload-kafka-spread",
    [`${POD}.terminationGracePeriodSeconds`]: "workload-kafka-spread",
    "spec.resources": "workload-kafka-resources",
    "spec.resources.limits": "workload-kafka-resources",
    "spec.resources.requests.cpu": "workload-kafka-resources",
    "spec.resources.requests.memory": "workload-kafka-resources",
    "spec.jvmOptions": "workload-kafka-resources",
    "spec.replicas": API_SERVER,
    "spec.roles": API_SERVER,
    "spec.storage": API_SERVER,
  }),
  altered("KafkaNodePool", "a heap that leaves nothing to the page cache", "workload-kafka-resources", (object) =>
    replaceText(object, /"-Xms":"[^"]*","-Xmx":"[^"]*"/, '"-Xms":"64g","-Xmx":"64g"'),
  ),
  altered("KafkaNodePool", "volumes that go with their pool", "workload-kept-volumes", (object) =>
    replaceText(object, /"deleteClaim":false/g, '"deleteClaim":true'),
  ),
  altered("KafkaNodePool", "a role that there is not", API_SERVER, (object) =>
    replaceText(object, /"roles":\["[a-z]+"\]/, '"roles":["leader"]'),
  ),
];
