/**
 * Catalogue of what the model refuses. A rule's id is stable: exceptions, editors and CI refer to it.
 * Each text says why the rule is there; the message of a problem says what is wrong in the place at hand.
 */
export const modelRules = {
  "file-unreadable": "Only plain text files in UTF-8 are read, so that a review shows all there is.",
  "file-outside": "A path may not leave the folder topics/: a pull request must show everything that it changes.",
  "file-too-large": "A file that people edit stays readable; a large one is a mistake and would slow every check.",
  "file-misplaced":
    "Domain files lie directly in topics/ and end in .yaml, schemas below topics/schemas/ and end in .avsc, .json or .proto; elsewhere they would be overlooked.",
  "control-character": "Invisible characters make a file read differently from what a reviewer sees.",
  "yaml-syntax": "The file is not YAML 1.2.",
  "yaml-tab": "YAML allows no tab as indentation.",
  "yaml-duplicate-key": "Of two equal keys readers keep one and lose the other.",
  "yaml-alias": "Anchors, aliases and merge keys hide from the changed line what it changes elsewhere.",
  "yaml-tag": "Explicit tags change the type of a value; no field needs one.",
  "yaml-too-deep": "The format has a handful of levels; deeper nesting is a mistake.",
  "unknown-key": "An unknown key would silently do nothing.",
  "missing-key": "A required field is absent.",
  "wrong-type": "The value has another type than the field.",
  "invalid-value": "The value is outside what the field allows.",
  "invalid-unit": "Sizes, durations and rates carry their unit, so that nobody has to guess it.",
  "invalid-name": "Names become topics, principals and folders: their characters and length are limited.",
  "reserved-name": "The name belongs to the platform or is derived by it.",
  "domain-file-name": "A domain is found by its file: topics/<domain>.yaml.",
  "duplicate-topic": "One topic has one declaration and one owner.",
  "colliding-topic": "Kafka's metrics turn '.' into '_', so names that differ only there collide.",
  "duplicate-removal": "One removal has one reason.",
  "removal-of-declared": "A topic is either declared or removed; with both, a later deletion would pass unread.",
  "duplicate-event": "One event type has one topic.",
  "duplicate-record": "One Avro record belongs to one event type, or consumers could not tell them apart.",
  "duplicate-service-owner": "A service is run by one team.",
  "unknown-event": "Only a declared event can be published or consumed.",
  "schema-missing": "Each event type has its schema in the same repository.",
  "schema-invalid":
    "The schema must be an Avro record with a namespace, a JSON Schema of an object with a full name as its title, or a Protobuf file with a package and a message.",
  "schema-shared-record": "What other schemas share is no event's record: a change of the event would change theirs.",
  "key-not-in-schema": "The key is a field of each record on the topic, or order could not be kept by it.",
  "claim-check-field":
    "Stored content leaves null in its place: a reader must be able to tell that from empty content.",
  "claim-check-endless":
    "Stored content is removed when no record can refer to it any more; without an end to the records' life that never comes.",
  "claim-check-too-late": "What is not stored must fit a record, or large events would fail just below the threshold.",
  "claim-check-store-missing": "Stored content needs a store in each environment.",
  "too-many-instances": "A consumer beyond the number of partitions never gets a record.",
  "min-isr-too-high": "With min ISR at the replication factor the loss of one broker stops all writing.",
  "replication-too-high": "A topic can't have more replicas than there are brokers.",
  "setting-without-effect": "A setting that does nothing beside the others would promise what does not happen.",
  "segment-unfit":
    "Kafka deletes and compacts whole closed segments: one that closes later than records expire, or that holds no record, breaks what the topic promises.",
  "compaction-lags-crossed": "A record can't have to be compacted before it may be.",
  "remote-storage-unfit": "Kafka tiers logs that are deleted by time or size alone.",
  "stack-settings-missing": "Each environment says where and how large it is, in stacks/Pulumi.<stack>.yaml.",
  "unsafe-image":
    "An image that nodes keep under a name that moves is other code on other nodes, and a roll-back brings back something else.",
  "setting-refused":
    "A broker setting that the operator drops, or that has its own place in the stack, would silently not be what it says.",
  "unsafe-topology": "The cluster could not be numbered, run or kept in order with these settings.",
  "unknown-stack": "What is said for an environment that does not exist would do nothing.",
  "unknown-service": "A setting for a service that no topic mentions would do nothing.",
} as const satisfies Record<string, string>;

/** Id of a rule of the model. */
export type ModelRule = keyof typeof modelRules;
