/**
 * Principal with which `kit dlt replay` writes records to their origin topics again. It may only write to the topics
 * that some group consumes. It cannot read records, and the brokers refuse it every other topic. Retry topics are not
 * included: a record has a retry topic as its origin only if it does not state where it failed first, and such a record
 * would fail again.
 */
export const replayerPrincipal = "platform-replayer";
