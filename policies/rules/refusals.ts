import { type ModelRule, modelRules } from "../../components/model/problems/rules.ts";
import { type Example, type Rule, rule, type Subject } from "../rule.ts";

/*
 * Faults that the model rejects while it reads files. These rules are always errors, because a file that breaks them
 * cannot be judged. The model makes the checks. This file adds them to the catalogue, with their examples.
 */

interface Refusal {
  readonly subject: Subject;
  readonly summary: string;
  readonly wrong: Example;
  readonly right: Example;
}

const plain: Example = { topic: "partitions: 12" };

const refusalsById: Readonly<Record<ModelRule, Refusal>> = {
  "file-unreadable": {
    subject: "files",
    summary: "Files are plain text in UTF-8.",
    wrong: { prose: "a pipe, or bytes that are not UTF-8, named topics/order.yaml" },
    right: plain,
  },
  "file-outside": {
    subject: "files",
    summary: "Paths stay inside topics/.",
    wrong: { topic: "events: {order.created: {schema: ../secrets.avsc}}" },
    right: { topic: "events: {order.created: {schema: schemas/order/OrderCreated.avsc}}" },
  },
  "file-too-large": {
    subject: "files",
    summary: "A file has at most 1 MiB, a line at most 4,096 characters.",
    wrong: { prose: "topics/order.yaml with 10 MB" },
    right: plain,
  },
  "file-misplaced": {
    subject: "files",
    summary: "Files are in the folders that the kit reads.",
    wrong: { topic: "events: {order.created: {schema: OrderCreated.avsc}}" },
    right: { topic: "events: {order.created: {schema: schemas/order/OrderCreated.avsc}}" },
  },
  "control-character": {
    subject: "files",
    summary: "A file has no invisible characters.",
    wrong: { topic: 'description: "The life\\u202e of an order."' },
    right: { topic: "description: The life of an order." },
  },
  "yaml-syntax": {
    subject: "files",
    summary: "A file is YAML 1.2.",
    wrong: { file: "domain: order\ncriticality: [high\n" },
    right: { domain: "criticality: high" },
  },
  "yaml-tab": {
    subject: "files",
    summary: "Indentation uses spaces.",
    wrong: { file: "domain: order\nowner:\n\tteam: checkout\n" },
    right: { domain: 'owner: {team: checkout, contact: "#checkout"}' },
  },
  "yaml-duplicate-key": {
    subject: "files",
    summary: "A key occurs once in its mapping.",
    wrong: { file: "domain: order\ncriticality: high\ncriticality: low\n" },
    right: { domain: "criticality: high" },
  },
  "yaml-alias": {
    subject: "files",
    summary: "Values are written where they are used: no anchors, aliases or merge keys.",
    wrong: { file: "domain: order\nservices: &all [order-service]\n" },
    right: { domain: "services: [order-service, payment-service]" },
  },
  "yaml-tag": {
    subject: "files",
    summary: "Values have no explicit tags.",
    wrong: { file: "domain: order\ncriticality: !!str high\n" },
    right: { domain: "criticality: high" },
  },
  "yaml-too-deep": {
    subject: "files",
    summary: "Values nest no deeper than the format.",
    wrong: { prose: "a file that opens two hundred brackets" },
    right: plain,
  },
  "unknown-key": { subject: "files", summary: "Every key is known.", wrong: { topic: "partitons: 12" }, right: plain },
  "missing-key": {
    subject: "files",
    summary: "Required fields are present.",
    wrong: { topic: "partitions: null" },
    right: plain,
  },
  "wrong-type": {
    subject: "files",
    summary: "A value has its field's type.",
    wrong: { topic: 'partitions: "12"' },
    right: plain,
  },
  "invalid-value": {
    subject: "files",
    summary: "A value is in the range that its field allows.",
    wrong: { topic: "partitions: 0" },
    right: plain,
  },
  "invalid-unit": {
    subject: "files",
    summary: "Sizes, durations and rates are a whole number and a unit.",
    wrong: { topic: "retention: 7days" },
    right: { topic: "retention: 7d" },
  },
  "invalid-name": {
    subject: "names",
    summary: "Topic names use Kafka's characters, at most 249; services, teams and domains are slugs.",
    wrong: { domain: 'owner: {team: Check Out, contact: "#checkout"}' },
    right: { domain: 'owner: {team: checkout, contact: "#checkout"}' },
  },
  "reserved-name": {
    subject: "names",
    summary: "Names of the platform, of Kafka and of derived topics are not declared.",
    wrong: {
      domain:
        "topics:\n  payment-service.dlt: {description: Mine., partitions: 3, events: {order.noted: {schema: schemas/order/OrderNoted.avsc}}}",
    },
    right: plain,
  },
  "domain-file-name": {
    subject: "names",
    summary: "A domain's file has the domain's name.",
    wrong: { domain: "domain: orders" },
    right: { domain: "domain: order" },
  },
  "duplicate-topic": {
    subject: "names",
    summary: "A topic is declared once.",
    wrong: { prose: "order-events in topics/order.yaml and in topics/stock.yaml" },
    right: plain,
  },
  "colliding-topic": {
    subject: "names",
    summary: "Topic names differ in more than '.' and '_'.",
    wrong: {
      domain:
        "topics:\n  stock.moves: {description: One., partitions: 3, key: orderId, events: {stock.moved: {schema: schemas/order/StockMoved.avsc}}}\n  stock_moves: {description: Two., partitions: 3, key: orderId, events: {stock.left: {schema: schemas/order/StockLeft.avsc}}}",
    },
    right: plain,
  },
  "duplicate-removal": {
    subject: "lifecycle",
    summary: "A removal is listed once.",
    wrong: {
      domain:
        "removals:\n  - {topic: old-events, reason: Nobody reads it any more., date: 2027-01-31}\n  - {topic: old-events, reason: Nobody reads it any more., date: 2027-01-31}",
    },
    right: { domain: "removals:\n  - {topic: old-events, reason: Nobody reads it any more., date: 2027-01-31}" },
  },
  "removal-of-declared": {
    subject: "lifecycle",
    summary: "A topic with a removal is no longer declared.",
    wrong: { domain: "removals:\n  - {topic: order-events, reason: Nobody reads it any more., date: 2027-01-31}" },
    right: { domain: "removals:\n  - {topic: old-events, reason: Nobody reads it any more., date: 2027-01-31}" },
  },
  "duplicate-event": {
    subject: "names",
    summary: "An event type has one topic.",
    wrong: { topic: "consumers: {payment-service: {instances: 3, events: [order.created, order.created]}}" },
    right: {
      topic:
        "consumers: {payment-service: {instances: 3, events: [order.created, order.confirmed, order.cancelled], quota: 5MiB/s}}",
    },
  },
  "duplicate-record": {
    subject: "schemas",
    summary: "An Avro record belongs to one event type.",
    wrong: {
      topic:
        "events:\n  order.created: {schema: schemas/order/OrderCreated.avsc}\n  order.made: {schema: schemas/order/OrderCreated.avsc}",
    },
    right: { topic: "events: {order.created: {schema: schemas/order/OrderCreated.avsc}}" },
  },
  "duplicate-service-owner": {
    subject: "ownership",
    summary: "One team runs a service.",
    wrong: { domain: "services: [order-service, order-service]" },
    right: { domain: "services: [order-service, payment-service]" },
  },
  "unknown-event": {
    subject: "consumers",
    summary: "Only declared events are published or consumed.",
    wrong: { topic: "consumers: {payment-service: {instances: 3, events: [order.cretaed]}}" },
    right: {
      topic:
        "consumers: {payment-service: {instances: 3, events: [order.created, order.confirmed, order.cancelled], quota: 5MiB/s}}",
    },
  },
  "schema-missing": {
    subject: "schemas",
    summary: "Each event type's schema is in the repository.",
    wrong: { topic: "events: {order.created: {schema: schemas/order/Missing.avsc}}" },
    right: { topic: "events: {order.created: {schema: schemas/order/OrderCreated.avsc}}" },
  },
  "schema-invalid": {
    subject: "schemas",
    summary: "A schema is an Avro record with a namespace, in which every type is known.",
    wrong: {
      schema:
        '{"type": "record", "name": "OrderCreated", "namespace": "com.example", "fields": [{"name": "orderId", "type": "strng"}]}',
    },
    right: plain,
  },
  "schema-shared-record": {
    subject: "schemas",
    summary: "Schemas do not share a type that is an event's record.",
    wrong: {
      prose:
        "OrderConfirmed.avsc with a field of the type com.example.events.OrderCreated, the record of order.created",
    },
    right: {
      prose: "both with a field of the type com.example.common.Order, which topics/schemas/common/Order.avsc defines",
    },
  },
  "key-not-in-schema": {
    subject: "schemas",
    summary: "The key is a field of each record on the topic.",
    wrong: { topic: "key: orderNumber" },
    right: { topic: "key: orderId" },
  },
  "claim-check-field": {
    subject: "topics",
    summary: "A claim check names a nullable field of bytes.",
    wrong: {
      topic:
        "events: {order.created: {schema: schemas/order/OrderCreated.avsc, claimCheck: {above: 64KiB, field: orderId}}}",
    },
    right: { topic: "claimCheck: {above: 256KiB}" },
  },
  "claim-check-endless": {
    subject: "topics",
    summary: "Topics with stored content delete records by time.",
    wrong: { topic: "retention: forever\nclaimCheck: {above: 256KiB}" },
    right: { topic: "claimCheck: {above: 256KiB}" },
  },
  "claim-check-too-late": {
    subject: "topics",
    summary: "Content below the claim check's threshold fits into a record.",
    wrong: { topic: "maxMessage: 128KiB\nclaimCheck: {above: 128KiB}" },
    right: { topic: "claimCheck: {above: 256KiB}" },
  },
  "claim-check-store-missing": {
    subject: "files",
    summary: "An environment with claim checks has a store.",
    wrong: { prose: "a stack on Kubernetes without kubernetes.claimCheckStore while a topic has a claimCheck" },
    right: plain,
  },
  "too-many-instances": {
    subject: "consumers",
    summary: "A group has no more consumers than the topic has partitions.",
    wrong: { topic: "consumers: {payment-service: {instances: 13, events: [order.created]}}" },
    right: {
      topic:
        "consumers: {payment-service: {instances: 3, events: [order.created, order.confirmed, order.cancelled], quota: 5MiB/s}}",
    },
  },
  "min-isr-too-high": {
    subject: "topics",
    summary: "A topic's min ISR is below its replication factor.",
    wrong: { topic: "minInsyncReplicas: 3" },
    right: { topic: "minInsyncReplicas: 2" },
  },
  "replication-too-high": {
    subject: "topics",
    summary: "A topic has no more replicas than there are brokers.",
    wrong: { topic: "replicationFactor: 12" },
    right: { topic: "replicationFactor: 3" },
  },
  "setting-without-effect": {
    subject: "topics",
    summary: "A topic's settings have an effect in combination.",
    wrong: { topic: "dirtyRatio: 0.2" },
    right: { topic: "cleanup: compact\nkey: orderId\ntombstoneRetention: 2d\ndirtyRatio: 0.2" },
  },
  "segment-unfit": {
    subject: "topics",
    summary: "Segments close before records expire, and are larger than the largest record.",
    wrong: { topic: "retention: 3d\nsegmentAge: 7d" },
    right: { topic: "retention: 3d\nsegmentAge: 6h" },
  },
  "compaction-lags-crossed": {
    subject: "topics",
    summary: "The minimum compaction lag is below the maximum.",
    wrong: {
      topic: "cleanup: compact\nkey: orderId\ntombstoneRetention: 2d\nminCompactionLag: 2d\nmaxCompactionLag: 1d",
    },
    right: {
      topic: "cleanup: compact\nkey: orderId\ntombstoneRetention: 2d\nminCompactionLag: 1h\nmaxCompactionLag: 1d",
    },
  },
  "remote-storage-unfit": {
    subject: "topics",
    summary: "Topics with remote storage delete records, and keep more than the brokers' disks.",
    wrong: { topic: "retention: 7d\nremoteStorage: enabled\nlocalRetention: 8d" },
    right: { topic: "retention: 7d\nremoteStorage: enabled\nlocalRetention: 1d" },
  },
  "stack-settings-missing": {
    subject: "files",
    summary: "Each environment has a settings file.",
    wrong: { prose: "kit check --stack staging without stacks/Pulumi.staging.yaml" },
    right: plain,
  },
  "unsafe-image": {
    subject: "files",
    summary: "In an environment with protected data, nodes do not cache images by a mutable tag.",
    wrong: {
      prose:
        "kubernetes.workloads.images with pullPolicy: IfNotPresent, the tag latest and no digests, in a stack with kubernetes.protect",
    },
    right: plain,
  },
  "setting-refused": {
    subject: "files",
    summary: "Broker settings take effect on the broker.",
    wrong: { prose: "kubernetes.kafka.config with ssl.client.auth, which the operator would drop" },
    right: plain,
  },
  "unsafe-topology": {
    subject: "files",
    summary: "The shape and versions of a cluster are valid.",
    wrong: { prose: "metadataVersion 4.3-IV0 with Kafka 4.2.1" },
    right: plain,
  },
  "unknown-stack": {
    subject: "topics",
    summary: "A topic names only existing environments.",
    wrong: { prose: "overrides: {stagin: {partitions: 6}} beside stacks/Pulumi.staging.yaml" },
    right: { topic: "overrides: {staging: {retention: 3d}}" },
  },
  "unknown-service": {
    subject: "ownership",
    summary: "A stack's service settings name declared services.",
    wrong: { stack: "services: {odrer-service: {replicas: 2}}" },
    right: { stack: "services: {order-service: {replicas: 2}}" },
  },
};

/** The model's refusals as rules, in the model's order. */
export const refusals: readonly Rule[] = Object.entries(refusalsById).map(([id, refusal]) =>
  rule({ ...refusal, id, level: "error", refusal: true, rationale: modelRules[id as ModelRule], checks: () => ({}) }),
);
