/**
 * A single Kafka node with the platform's own settings (TLS on every listener, SCRAM-SHA-512 for services, a certificate for
 * the administrator, ACLs, deny by default), with the controller in the same process.
 */
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Acl } from "@platformatic/kafka";
import {
  AclOperations,
  AclPermissionTypes,
  Admin,
  alterUserScramCredentialsV0,
  Connection,
  ResourcePatternTypes,
  ResourceTypes,
} from "@platformatic/kafka";
import { ADMIN_PRINCIPAL } from "../../../components/certificates/admin-identity.ts";
import { LOOPBACK } from "../../../components/local/layout.ts";
import type { AclOperation, AclResourceType, PlannedAcl } from "../../../components/plan/types.ts";
import {
  KEY_STORE_IN_MEMORY,
  NODE_PRINCIPAL,
  nodeProperties,
} from "../../../toolchain/servers/kafka-node-properties.ts";
import { freePorts } from "../../../toolchain/training/loopback-port.ts";
import { eventually } from "../../platform/condition.ts";
import { passwordOf, testAuthorities } from "./authorities.ts";
import type { KafkaNodeProcess } from "./kafka-node.ts";
import { createTestTopics, startKafkaNode } from "./kafka-node.ts";

/** What a client connects with as the administrator; spread into its options. */
export interface AdminConnection {
  readonly bootstrapBrokers: string[];
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string; readonly rejectUnauthorized: true };
}

/** An ACL of the plan, without the fields that are only for its readers. */
export type TestAcl = Pick<PlannedAcl, "principal" | "operation" | "resourceType" | "resourceName" | "pattern">;

export interface SecureKafka extends KafkaNodeProcess {
  /** `host:port` of the listener on which services log in. */
  readonly bootstrap: string;
  /** PEM of the authority that signed the node's certificate. */
  readonly ca: string;
  readonly admin: AdminConnection;
  createTopics(topics: ReadonlyMap<string, number>): Promise<void>;
  /** Makes SCRAM users, whose passwords are `passwordOf(principal)`, and their ACLs; returns when the node enforces them. */
  allow(principals: readonly string[], acls: readonly TestAcl[]): Promise<void>;
}

const NODE_ID = 0;
const SCRAM_SHA_512 = 2;
const ITERATIONS = 4_096;

/** Starts the node. @param settings - Further settings of the node, or others than the platform's. */
export async function startSecureKafka(settings: Readonly<Record<string, string>> = {}): Promise<SecureKafka> {
  const [client = 0, internal = 0, controller = 0] = await freePorts(3);
  const authorities = await testAuthorities();
  const certificate = await authorities.serverCertificate(NODE_PRINCIPAL, ["server", "client"]);
  const node = await startKafkaNode({
    nodeId: NODE_ID,
    port: client,
    heapMb: 256,
    jvmFlags: [KEY_STORE_IN_MEMORY],
    properties: (folder, dataDir) => {
      const keep = (name: string, content: string): string => {
        const file = join(folder, name);
        writeFileSync(file, content, { mode: 0o600 });
        return file;
      };
      const broker = nodeProperties({
        node: { id: NODE_ID, role: "broker", zone: "test" },
        host: LOOPBACK,
        controllerPorts: new Map([[NODE_ID, controller]]),
        brokerPorts: { client, internal },
        dataDir,
        replicationFactor: 1,
        minInsyncReplicas: 1,
        brokerCount: 1,
        administrators: [ADMIN_PRINCIPAL],
        keystore: keep("keystore.pem", `${certificate.privateKeyPem}${certificate.chainPem}`),
        truststore: keep("truststore.pem", `${authorities.serversPem}${authorities.clientsPem}`),
      });
      return [
        broker,
        "process.roles=broker,controller",
        "controller.quorum.append.linger.ms=0",
        `listeners=CLIENT://${LOOPBACK}:${client},INTERNAL://${LOOPBACK}:${internal},CONTROLLER://${LOOPBACK}:${controller}`,
        ...Object.entries(settings).map(([key, value]) => `${key}=${value}`),
      ];
    },
  });
  const tls = { ca: authorities.serversPem, ...authorities.admin, rejectUnauthorized: true as const };
  const admin: AdminConnection = { bootstrapBrokers: [`${LOOPBACK}:${internal}`], tls };
  return {
    ...node,
    bootstrap: `${LOOPBACK}:${client}`,
    ca: authorities.serversPem,
    admin,
    createTopics: (topics) => createTestTopics({ clientId: "test", ...admin }, topics),
    async allow(principals, acls) {
      await createUsers({ host: LOOPBACK, port: internal, tls }, principals);
      const administrator = new Admin({ clientId: "test", ...admin, retries: 10, retryDelay: 300 });
      try {
        const rules = acls.map(ruleOf);
        await administrator.createAcls({ creations: rules });
        await eventually(
          "the node to know its rules",
          async () => {
            const known = await administrator.describeAcls({
              filter: {
                resourceType: ResourceTypes.ANY,
                resourceName: null,
                resourcePatternType: ResourcePatternTypes.ANY,
                principal: null,
                host: null,
                operation: AclOperations.ANY,
                permissionType: AclPermissionTypes.ANY,
              },
            });
            return known.reduce((sum, resource) => sum + resource.acls.length, 0) >= rules.length ? true : undefined;
          },
          30_000,
        );
      } finally {
        await administrator.close();
      }
    },
  };
}

/** Makes users; repeated while the node still starts. */
async function createUsers(
  { host, port, tls }: { readonly host: string; readonly port: number; readonly tls: AdminConnection["tls"] },
  principals: readonly string[],
): Promise<void> {
  const users = principals.map((name) => {
    const salt = randomBytes(24);
    return {
      name,
      mechanism: SCRAM_SHA_512,
      iterations: ITERATIONS,
      salt,
      saltedPassword: pbkdf2Sync(passwordOf(name), salt, ITERATIONS, 64, "sha512"),
    };
  });
  await eventually(
    "the node to take SCRAM users",
    async () => {
      const connection = new Connection("test", { tls });
      try {
        await connection.connect(host, port);
        const { results } = await alterUserScramCredentialsV0.api.async(connection, [], users);
        const refused = results.find(({ errorCode }) => errorCode !== 0);
        if (refused !== undefined) throw new Error(`${refused.user}: ${refused.errorMessage ?? refused.errorCode}`);
        return true;
      } finally {
        await connection.close();
      }
    },
    60_000,
  );
}

const OPERATIONS: Readonly<Record<AclOperation, Acl["operation"]>> = {
  Read: AclOperations.READ,
  Write: AclOperations.WRITE,
  Describe: AclOperations.DESCRIBE,
  DescribeConfigs: AclOperations.DESCRIBE_CONFIGS,
  Create: AclOperations.CREATE,
  Delete: AclOperations.DELETE,
  Alter: AclOperations.ALTER,
  AlterConfigs: AclOperations.ALTER_CONFIGS,
  ClusterAction: AclOperations.CLUSTER_ACTION,
  IdempotentWrite: AclOperations.IDEMPOTENT_WRITE,
};
const RESOURCES: Readonly<Record<AclResourceType, Acl["resourceType"]>> = {
  Topic: ResourceTypes.TOPIC,
  Group: ResourceTypes.GROUP,
  TransactionalID: ResourceTypes.TRANSACTIONAL_ID,
  Cluster: ResourceTypes.CLUSTER,
};

function ruleOf({ principal, operation, resourceType, resourceName, pattern }: TestAcl): Acl {
  return {
    principal: `User:${principal}`,
    host: "*",
    operation: OPERATIONS[operation],
    permissionType: AclPermissionTypes.ALLOW,
    resourceType: RESOURCES[resourceType],
    resourceName,
    resourcePatternType: pattern === "Prefixed" ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
  };
}
