/** Errors of dead-letter records and parked events: `kit dlt` and `kit outbox`. */
import { EXIT, type KitErrorEntry } from "./entry.ts";

export const eventsErrors = {
  KIT_DLT_UNKNOWN_GROUP: {
    exitCode: EXIT.usage,
    message: "There is no consumer group {value}.",
    fix: "A consumer group has the same name as its service.",
  },
  KIT_DLT_UNKNOWN_LETTER: {
    exitCode: EXIT.usage,
    message: "{value}",
    fix: "`npx kit dlt list --all` shows every record. Give its id, or a unique prefix of at least 6 characters.",
  },
  KIT_DLT_RESOLVED: {
    exitCode: EXIT.no,
    message: "{value}. Nothing was written.",
    fix: "`npx kit dlt show RECORD` shows what was done; --again repeats it on purpose.",
  },
  KIT_DLT_RECORD_GONE: {
    exitCode: EXIT.no,
    message: "The dead-letter topic no longer holds the record of {value}. Nothing was written.",
    fix: "Its retention has passed. Discard the record, and correct the service's data by hand if necessary.",
  },
  KIT_DLT_FOREIGN_TOPIC: {
    exitCode: EXIT.no,
    message: "{value}. Nothing was written.",
    fix: "A replay writes only to topics that the group consumes. Add the group to the topic's consumers, or discard the record. If the group was never a consumer, find out who wrote this row.",
  },
  KIT_DLT_NOT_WRITTEN: {
    exitCode: EXIT.missing,
    message: "The replay of a dead-letter record has started and its outcome is unknown: {value}",
    fix: "Run the same command again when Kafka answers: it finishes the replay, and the group's inbox applies the event once.",
  },
  KIT_OUTBOX_UNKNOWN_SERVICE: {
    exitCode: EXIT.usage,
    message: "There is no service {value} with an outbox.",
    fix: "Give the name of a service that has a database.",
  },
  KIT_OUTBOX_UNKNOWN_EVENT: {
    exitCode: EXIT.usage,
    message: "{value}",
    fix: "`npx kit outbox list --all` shows every event. Give its id, or a unique prefix of at least 6 characters.",
  },
  KIT_OUTBOX_RESOLVED: {
    exitCode: EXIT.no,
    message: "{value}. Nothing was changed.",
    fix: "`npx kit outbox show EVENT` shows what was done.",
  },
} as const satisfies Record<string, KitErrorEntry>;
