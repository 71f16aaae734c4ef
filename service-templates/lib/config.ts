/**
 * A service's configuration: the environment and the secret files that it names, checked once at the start. All missing
 * or wrong values are reported together. Secrets come from files, never from the environment or the arguments, and this
 * object never writes them to a log.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { messageOf, ServiceError } from "./errors.ts";

/** An address with the credentials of this service's own principal. */
export interface KafkaConfig {
  readonly brokers: readonly string[];
  readonly ca?: string;
  readonly username?: string;
  readonly password?: string;
  readonly contractFile: string;
  readonly schemasDir: string;
  /** Base address including the path of the Confluent-compatible API. */
  readonly registryUrl: string;
  /** Name under which a restarted process is the same member of its group; absent if its successor has another name. */
  readonly groupInstanceId?: string;
  /**
   * Zone of this process, in the brokers' names of zones: the consumer reads from a replica there, if one is in sync.
   * Absent: it reads from leaders.
   */
  readonly zone?: string;
}
export interface DatabaseConfig {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly user: string;
  readonly password: string;
  /** File of the password, read again for each new connection. @default the password does not change */
  readonly passwordFile?: string;
  /** PEM of the certificate authority; absent: no TLS. */
  readonly ca?: string;
}
export interface RedisConfig {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** PEM of the certificate authority; absent: no TLS. */
  readonly ca?: string;
}
export interface TokenConfig {
  readonly issuer: string;
  readonly audience: string;
  /** A JSON Web Key Set; read again when it changes. */
  readonly jwksFile: string;
  /** Longest lifetime of a token, from `iat` to `exp`, in seconds. @default 86400 */
  readonly longestLifeSeconds?: number;
}
/** A bucket of a server with the S3 API. */
export interface S3StoreConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** PEM of the certificate authority; absent: the public authorities. */
  readonly ca?: string;
}
/** Location of stored content: a folder on this machine, or a bucket. */
export type ClaimCheckStoreConfig = { readonly folder: string } | S3StoreConfig;
/** Destination of the spans of traces. */
export interface TracingConfig {
  /** Base address of a receiver of OTLP over HTTP. */
  readonly endpoint: string;
  /** Share of the traces that begin in this service and are exported, from 0 to 1. */
  readonly ratio: number;
}
export interface ServiceConfig {
  readonly service: string;
  readonly instance: string;
  readonly logLevel: string;
  readonly http: { readonly host: string; readonly port?: number; readonly managementPort: number };
  readonly kafka?: KafkaConfig;
  readonly database?: DatabaseConfig;
  readonly redis?: RedisConfig;
  readonly tokens?: TokenConfig;
  /** Absent if no event of the service is stored outside Kafka. */
  readonly claimChecks?: ClaimCheckStoreConfig;
  /** Absent: no spans are exported. */
  readonly tracing?: TracingConfig;
  /** Whether fault injection may kill the process; see fault-points.ts. */
  readonly faultInjection: boolean;
  /** Base address of order-service, for the gateway. */
  readonly orderServiceUrl?: string;
}

/** The parts that a service's template.yaml declares. */
export interface ConfigNeeds {
  readonly http?: boolean;
  readonly kafka?: boolean;
  readonly database?: boolean;
  /** `optional`: only if REDIS_HOST is set. */
  readonly redis?: boolean | "optional";
  readonly tokens?: boolean;
  readonly orderService?: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;
type ReadFile = (path: string) => string;

const text = z.string().min(1);
const port = z.coerce.number().int().min(0).max(65_535);
const level = z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]);

/** Reads the configuration; throws SVC_CONFIG_INVALID that lists every problem. */
export function readConfig(
  needs: ConfigNeeds,
  env: Environment = process.env,
  readFile: ReadFile = (path) => readFileSync(path, "utf8"),
): ServiceConfig {
  const problems: string[] = [];

  function required<T>(name: string, schema: z.ZodType<T>): T {
    const value = env[name];
    if (value === undefined || value === "") {
      problems.push(`${name} is not set`);
      return undefined as T; // never used: problems are thrown before the result is returned
    }
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    problems.push(`${name}=${JSON.stringify(value)}: ${result.error.issues.map((issue) => issue.message).join("; ")}`);
    return undefined as T;
  }
  function optional<T>(name: string, schema: z.ZodType<T>): T | undefined {
    return env[name] === undefined || env[name] === "" ? undefined : required(name, schema);
  }
  function contents(name: string, path: string | undefined): string {
    if (path === undefined) return "";
    try {
      const value = readFile(path).trim();
      if (value === "") problems.push(`${name}: ${path} is empty`);
      return value;
    } catch (error) {
      problems.push(`${name}: cannot read ${path} (${messageOf(error)})`);
      return "";
    }
  }
  const secret = (name: string): string => contents(name, required(name, text));
  function authority(name: string): { ca?: string } {
    const path = optional(name, text);
    return path === undefined ? {} : { ca: contents(name, path) };
  }

  function passwordFile(): { passwordFile?: string } {
    const path = env.DATABASE_PASSWORD_FILE;
    return path === undefined || path === "" ? {} : { passwordFile: path };
  }

  function kafka(): KafkaConfig {
    const username = optional("KAFKA_USERNAME", text);
    const groupInstanceId = optional("KAFKA_GROUP_INSTANCE_ID", text);
    const zone = optional("KAFKA_CLIENT_RACK", text);
    return {
      brokers:
        required("KAFKA_BROKERS", text)
          ?.split(",")
          .map((broker) => broker.trim())
          .filter((broker) => broker !== "") ?? [],
      ...authority("KAFKA_CA_FILE"),
      ...(username === undefined ? {} : { username, password: secret("KAFKA_PASSWORD_FILE") }),
      contractFile: required("KAFKA_CONTRACT_FILE", text),
      schemasDir: required("SCHEMAS_DIR", text),
      registryUrl: (required("SCHEMA_REGISTRY_URL", z.url()) ?? "").replace(/\/+$/u, ""),
      ...(groupInstanceId === undefined ? {} : { groupInstanceId }),
      ...(zone === undefined ? {} : { zone }),
    };
  }

  function claimCheckStore(): ClaimCheckStoreConfig | undefined {
    const folder = optional("CLAIM_CHECK_FOLDER", text);
    if (folder !== undefined) return { folder };
    const endpoint = optional("CLAIM_CHECK_S3_ENDPOINT", z.url({ protocol: /^https?$/u }));
    if (endpoint === undefined) return undefined;
    const ca = authority("CLAIM_CHECK_S3_CA_FILE");
    return {
      endpoint,
      region: required("CLAIM_CHECK_S3_REGION", text),
      bucket: required("CLAIM_CHECK_S3_BUCKET", text),
      accessKeyId: secret("CLAIM_CHECK_S3_KEY_ID_FILE"),
      secretAccessKey: secret("CLAIM_CHECK_S3_KEY_FILE"),
      ...ca,
    };
  }

  function tokens(): TokenConfig {
    const longestLifeSeconds = optional("TOKEN_MAX_LIFE_SECONDS", z.coerce.number().int().min(1));
    return {
      issuer: required("JWT_ISSUER", text),
      audience: required("JWT_AUDIENCE", text),
      jwksFile: required("JWT_JWKS_FILE", text),
      ...(longestLifeSeconds === undefined ? {} : { longestLifeSeconds }),
    };
  }

  function tracing(): TracingConfig | undefined {
    const endpoint = optional("OTEL_EXPORTER_OTLP_ENDPOINT", z.url({ protocol: /^https?$/u }));
    if (endpoint === undefined) return undefined;
    return { endpoint, ratio: optional("OTEL_TRACES_SAMPLER_ARG", z.coerce.number().min(0).max(1)) ?? 1 };
  }

  const traces = tracing();
  const claimChecks = needs.kafka === true ? claimCheckStore() : undefined;
  const httpPort = needs.http === true ? required("HTTP_PORT", port) : undefined;
  const config: ServiceConfig = {
    service: required("SERVICE_NAME", text),
    instance: optional("SERVICE_INSTANCE", text) ?? "0",
    logLevel: optional("LOG_LEVEL", level) ?? "info",
    faultInjection: optional("FAULT_INJECTION", z.enum(["on", "off"])) === "on",
    http: {
      host: optional("HTTP_HOST", text) ?? "127.0.0.1",
      ...(httpPort === undefined ? {} : { port: httpPort }),
      managementPort: required("MANAGEMENT_PORT", port),
    },
    ...(needs.kafka === true ? { kafka: kafka() } : {}),
    ...(claimChecks === undefined ? {} : { claimChecks }),
    ...(traces === undefined ? {} : { tracing: traces }),
    ...(needs.database === true
      ? {
          database: {
            host: required("DATABASE_HOST", text),
            port: required("DATABASE_PORT", port),
            name: required("DATABASE_NAME", text),
            user: required("DATABASE_USER", text),
            password: secret("DATABASE_PASSWORD_FILE"),
            ...passwordFile(),
            ...authority("DATABASE_CA_FILE"),
          },
        }
      : {}),
    ...(needs.redis === true || (needs.redis === "optional" && (env.REDIS_HOST ?? "") !== "")
      ? {
          redis: {
            host: required("REDIS_HOST", text),
            port: required("REDIS_PORT", port),
            username: required("REDIS_USERNAME", text),
            password: secret("REDIS_PASSWORD_FILE"),
            ...authority("REDIS_CA_FILE"),
          },
        }
      : {}),
    ...(needs.tokens === true ? { tokens: tokens() } : {}),
    ...(needs.orderService === true ? { orderServiceUrl: required("ORDER_SERVICE_URL", z.url()) } : {}),
  };
  if (problems.length > 0) {
    throw new ServiceError(
      "SVC_CONFIG_INVALID",
      `The environment of ${env.SERVICE_NAME ?? "this service"} is not usable:\n  - ${problems.sort().join("\n  - ")}`,
    );
  }
  return config;
}

/** Returns a whole number above zero from the environment; throws SVC_CONFIG_INVALID with the variable and its value. */
export function positiveSetting(env: Environment, name: string, fallback: number): number {
  const value = env[name];
  if (value === undefined || value === "") return fallback;
  if (!/^[1-9][0-9]{0,8}$/u.test(value)) {
    throw new ServiceError(
      "SVC_CONFIG_INVALID",
      `${name}=${JSON.stringify(value)} is not a whole number between 1 and 999999999`,
    );
  }
  return Number(value);
}

/**
 * Returns an address from the environment, without a trailing slash; throws SVC_CONFIG_INVALID with the variable and
 * its value.
 */
export function addressSetting(env: Environment, name: string): string | undefined {
  const value = env[name];
  if (value === undefined || value === "") return undefined;
  if (!z.url({ protocol: /^https?$/u }).safeParse(value).success)
    throw new ServiceError("SVC_CONFIG_INVALID", `${name}=${JSON.stringify(value)} is not an http address`);
  return value.replace(/\/+$/u, "");
}
