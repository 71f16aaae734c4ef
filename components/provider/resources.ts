/**
 * The resources of the in-project provider `kit`, as classes for the Pulumi program.
 * The plugin behind them is started by the engine from this folder (`Pulumi.yaml`, `plugins.providers`).
 */
export * from "./resources/certificate.ts";
export * from "./resources/file.ts";
export * from "./resources/kafka-rollout.ts";
export * from "./resources/ledgers.ts";
export * from "./resources/migration.ts";
export * from "./resources/password.ts";
export * from "./resources/postgres-administrator.ts";
export * from "./resources/process.ts";
export * from "./resources/schema-subject.ts";
