/**
 * Catalogue of the rules of the model. The id of a rule is stable: exceptions, editors and CI refer to it. Each text
 * gives the reason for the rule. The message of a problem says what is wrong at its location.
 */
export const modelRules = {
  "file-unreadable": "The kit reads only plain text files in UTF-8, so that a review shows the whole content.",
  "file-outside": "A path must not leave the folder topics/: a pull request must show everything that it changes.",
  "file-too-large":
    "Files that people edit must stay readable; a large file is a mistake and would slow down every check.",
  "file-misplaced":
    "Domain files lie directly in topics/ and end in .yaml, schemas below topics/schemas/ and end in .avsc, .json or .proto; elsewhere they would be overlooked.",
  "control-character": "Invisible characters make a file read differently from what a reviewer sees.",
  "yaml-syntax": "The file is not YAML 1.2.",
  "yaml-tab": "YAML allows no tab as indentation.",
  "yaml-duplicate-key": "Parsers keep one of two equal keys and lose the other.",
  "yaml-alias": "With anchors, aliases and merge keys, a changed line also changes other places without showing it.",
  "yaml-tag": "Explicit tags change the type of a value; no field needs one.",
  "yaml-too-deep": "The format has a handful of levels; deeper nesting is a mistake.",
  "unknown-key": "An unknown key would silently do nothing.",
  "missing-key": "A required field is absent.",
  "wrong-type": "The value has another type than the field.",
  "invalid-value": "The value is outside what the field allows.",
  "invalid-unit": "Sizes, durations and rates have a unit, so that readers need not guess it.",
  "invalid-name": "Names become topics, principals and folders, so their characters and length are limited.",
  "reserved-name": "The name belongs to the platform or is derived by it.",
  "domain-file-name": "The kit finds a domain by its file name: topics/<domain>.yaml.",
  "duplicate-topic": "One topic has one declaration and one owner.",
  "colliding-topic": "Kafka's metrics turn '.' into '_', so names that differ only there collide.",
  "duplicate-removal": "One removal has one reason.",
  "removal-of-declared":
    "A topic is either declared or removed; with both, a later deletion would pass without a review.",
  "duplicate-event": "One event type has one topic.",
  "duplicate-record": "One Avro record belongs to one event type, or consumers could not distinguish them.",
  "duplicate-service-owner": "One team runs a service.",
  "unknown-event": "Services can publish and consume only declared events.",
  "schema-missing": "Each event type has its schema in the same repository.",
  "schema-invalid":
    "The schema must be an Avro record with a namespace, a JSON Schema of an object with a full name as its title, or a Protobuf file with a package and a message.",
  "schema-shared-record":
    "A type that schemas share must not be an event's record: a change of that event would change the others.",
  "key-not-in-schema": "The key must be a field of each record on the topic, or Kafka could not keep order by it.",
  "claim-check-field": "Null replaces stored content, so a consumer must be able to distinguish it from empty content.",
  "claim-check-endless":
    "Stored content is deleted when no record can refer to it any more. If records are kept forever, it is never deleted.",
  "claim-check-too-late":
    "Content below the threshold must fit into a record, or large events would fail just below it.",
  "claim-check-store-missing": "Stored content needs a store in each environment.",
  "too-many-instances": "A consumer beyond the number of partitions never gets a record.",
  "min-isr-too-high": "If min ISR equals the replication factor, the loss of one broker stops all writes.",
  "replication-too-high": "A topic can't have more replicas than there are brokers.",
  "setting-without-effect": "A setting without effect would promise something that does not happen.",
  "segment-unfit":
    "Kafka deletes and compacts whole closed segments. A segment that closes after its records expire, or that is smaller than a record, breaks the topic's guarantees.",
  "compaction-lags-crossed": "Kafka can't compact a record before its minimum lag has passed.",
  "remote-storage-unfit": "Kafka tiers only logs that are deleted by time or size.",
  "stack-settings-missing": "Each environment declares its substrate and its size in stacks/Pulumi.<stack>.yaml.",
  "unsafe-image":
    "If nodes cache an image by a mutable tag, nodes run different code, and a rollback restores something else.",
  "setting-refused":
    "The operator silently drops some broker settings, and others have a setting of their own in the stack.",
  "unsafe-topology": "The cluster could not be numbered, run or maintained with these settings.",
  "unknown-stack": "A setting for an environment that does not exist would have no effect.",
  "unknown-service": "A setting for a service that no topic mentions would have no effect.",
} as const satisfies Record<string, string>;

/** Id of a rule of the model. */
export type ModelRule = keyof typeof modelRules;
