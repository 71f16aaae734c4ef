/**
 * Principal with which `kit dlt replay` writes records to their origin topics again. It may write to the topics that some
 * group consumes, and do nothing else: it reads no record, and the brokers refuse it every other topic. Retry topics are
 * not among them: a record comes from one only when it does not say where it failed first, and would fail again.
 */
export const replayerPrincipal = "platform-replayer";
