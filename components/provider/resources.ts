/**
 * The resources of the in-project provider `kit`, as classes for the Pulumi program. The engine starts the plugin
 * behind them from this folder (`Pulumi.yaml`, `plugins.providers`).
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
