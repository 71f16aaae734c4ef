import { join } from "node:path";
import { readServiceMigrations } from "@event-platform-kit/service/migration/files";
import * as kafka from "@pulumi/kafka";
import type * as pulumi from "@pulumi/pulumi";
import type { LocalServers } from "../toolchain/servers/local-servers.ts";
import { maxConnections } from "./databases/connections.ts";
import { postgresAdmin } from "./databases/postgres-admin.ts";
import { ServiceDatabase } from "./databases/service-database.ts";
import { KafkaAccess } from "./kafka/access.ts";
import { begunTopics, topicsToImport } from "./kafka/begun-topics.ts";
import { KafkaTopics } from "./kafka/topics.ts";
import { readDefinitions } from "./kubernetes/definitions.ts";
import type { StackExternals } from "./kubernetes/externals.ts";
import { localLayout } from "./local/layout.ts";
import { localPorts } from "./local/ports.ts";
import { isKubernetes } from "./model/stack/kubernetes-stack.ts";
import type { StackSettings } from "./model/stack/stack.ts";
import { ownersOf } from "./observability/owners.ts";
import { auditorPrincipal } from "./plan/access/auditor.ts";
import { wantedFingerprintVariable } from "./plan/digest.ts";
import { registryPrincipal } from "./plan/registry.ts";
import type { PlatformPlan } from "./plan/types.ts";
import type { TopicLedgerArgs } from "./provider/resources.ts";
import { ClusterLedger, TopicLedger } from "./provider/resources.ts";
import { SchemaSubjects } from "./schemas/subjects.ts";
import { databaseUsers } from "./services/database-users.ts";
import type { ServiceConnections } from "./services/service-workload.ts";
import { serviceWorkload } from "./services/service-workload.ts";
import type { ServiceTemplate } from "./services/template.ts";
import { calledFirst, exposedService, readServiceTemplates } from "./services/template.ts";
import { clusterFootprint } from "./substrates/kubernetes/footprint.ts";
import { KubernetesSubstrate } from "./substrates/kubernetes/substrate.ts";
import { instancesFrom } from "./substrates/local/instances.ts";
import { readPlaces, servicePlaces } from "./substrates/local/service-places.ts";
import { observabilityFrom, portBase, stateDirectory } from "./substrates/local/state-directory.ts";
import { LocalSubstrate } from "./substrates/local/substrate.ts";
import type { Substrate } from "./substrates/substrate.ts";

/** Arguments of {@link platform}. */
export interface PlatformArgs {
  readonly projectDir: string;
  readonly stack: string;
  readonly settings: StackSettings;
  readonly plan: PlatformPlan;
  /** Topics whose removal the domain files permit. Default: none. */
  readonly removals?: readonly string[];
  /**
   * Teams by service: alerts of a service call its team. The platform team gets the alerts of all other services.
   * Default: none.
   */
  readonly teams?: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Secrets and files that a Kubernetes stack takes from outside the repository. */
  readonly externals: StackExternals;
  /** Templates of the services, if the caller has already read them. */
  readonly templates?: readonly ServiceTemplate[];
  /** Finds the servers that the `local` substrate runs. The program calls it for that substrate only. */
  readonly locateServers: () => Promise<LocalServers>;
  /** Finds the folder with Strimzi's resource definitions. The program calls it only if it installs the operator. */
  readonly locateStrimziCrds: () => Promise<string>;
}

/** Outputs of the stack, as `pulumi stack output` shows them. */
export interface PlatformOutputs {
  /** URL at which customers reach the platform. Absent if no service is exposed. */
  readonly gateway: string | undefined;
  readonly registry: pulumi.Output<string>;
  readonly kafkaBootstrap: pulumi.Output<readonly string[]>;
  /** Kafka password of the principal that `kit drift` uses. Secret. */
  readonly auditorPassword: pulumi.Output<string>;
}

/** Declares the whole platform for one stack. */
export async function platform(args: PlatformArgs): Promise<PlatformOutputs> {
  const { plan, projectDir } = args;

  // The ledger comes before every other resource, so that a refused change has no effect.
  await registered(new TopicLedger("topics", topicLedgerOf(args)));

  const templates = args.templates ?? readServiceTemplates(join(projectDir, "service-templates"));
  const settings = isKubernetes(args.settings)
    ? args.settings
    : instancesFrom(
        args.settings,
        templates.map(({ name }) => name),
        args.environment,
      );
  const substrate = await substrateOf({ ...args, settings }, templates);
  const { cluster, postgres, redis } = substrate;

  const kafkaProvider = kafkaAdmin(substrate);
  const topics = new KafkaTopics("topics", {
    cluster,
    provider: kafkaProvider,
    topics: plan.topics,
    protect: substrate.protect,
    imported: await topicsToImport({ ...plan, cluster, provider: kafkaProvider, begun: begunTopics(args.environment) }),
  });
  const access = new KafkaAccess("access", { ...plan, cluster, provider: kafkaProvider, topics });
  const registryTopics = plan.topics
    .filter((topic) => topic.kind === "registry")
    .flatMap(({ name }) => topics.byName.get(name) ?? []);
  const registry = substrate.registry(access.password(registryPrincipal), [
    ...access.grantsOf(registryPrincipal),
    ...registryTopics,
  ]);
  const subjects = new SchemaSubjects("subjects", {
    registry,
    subjects: plan.subjects,
    sharedSubjects: plan.sharedSubjects,
  });
  const databases = serviceDatabases(templates, substrate, projectDir);

  const connections: ServiceConnections = {
    cluster,
    topics,
    access,
    registry,
    subjects,
    postgres,
    redis,
    tokens: substrate.tokens,
    ...(substrate.claimChecks === undefined ? {} : { claimChecks: substrate.claimChecks }),
    schemasDir: substrate.schemasDir,
    urlOf: (service) => substrate.urlOf(service),
  };
  const services = new Map<string, pulumi.Resource>();
  for (const template of calledFirst(templates)) {
    const workload = serviceWorkload({
      template,
      replicas: settings.services[template.name]?.replicas ?? 1,
      environment: settings.services[template.name]?.env,
      tracing: settings.tracing,
      contract: plan.contracts.find((contract) => contract.service === template.name),
      database: databases.get(template.name),
      connections,
      plan,
      called: template.calls.flatMap((service) => services.get(service) ?? []),
      callers: templates.filter(({ calls }) => calls.includes(template.name)).map(({ name }) => name),
    });
    services.set(template.name, substrate.service(workload));
  }

  substrate.announce({
    stack: args.stack,
    principals: plan.principals.map((principal) => principal.name),
    access,
    registry,
    databases,
    templates,
  });
  return {
    gateway: substrate.gateway,
    registry: registry.url,
    kafkaBootstrap: cluster.bootstrap,
    auditorPassword: access.password(auditorPrincipal),
  };
}

async function substrateOf(args: PlatformArgs, templates: readonly ServiceTemplate[]): Promise<Substrate> {
  const { settings, projectDir, environment, stack, plan } = args;
  const stateDir = stateDirectory(projectDir, environment);
  const redisUsers = templates.flatMap(({ name, redis }) =>
    redis === undefined ? [] : [{ service: name, keys: redis.keys }],
  );
  const databaseConnections = maxConnections(databaseUsers(templates, settings, plan));
  if (isKubernetes(settings)) {
    await registered(new ClusterLedger("cluster", { ...clusterFootprint(settings, plan.topics) }));
    const installed = settings.kubernetes.strimzi.operator === "installed";
    const strimziDefinitions = installed ? await readDefinitions(await args.locateStrimziCrds()) : [];
    return new KubernetesSubstrate({
      stack,
      settings,
      projectDir,
      stateDir,
      redisUsers,
      externals: args.externals,
      databaseConnections,
      strimziDefinitions,
      exposed: exposedService(templates),
      owners: ownersOf(
        plan,
        args.teams ?? {},
        templates.map(({ name }) => name),
      ),
    });
  }
  const ports = localPorts(portBase(settings.local.portBase, environment));
  return new LocalSubstrate({
    settings,
    servers: await args.locateServers(),
    layout: localLayout(stateDir),
    ports,
    projectDir,
    places: servicePlaces(
      templates.map((template) => template.name),
      readPlaces(stateDir, ports),
    ),
    exposed: exposedService(templates),
    redisUsers,
    databaseConnections,
    observability: observabilityFrom(settings.local.observability, environment),
    owners: ownersOf(
      plan,
      args.teams ?? {},
      templates.map(({ name }) => name),
    ),
  });
}

/**
 * Returns the arguments of the topic ledger. The ledger demands a permission to remove a topic if the stack's records
 * matter, or if the run applies a judged plan (`kit up --digest`). On one machine, a topic that was only tried out can be
 * removed without a permission.
 */
function topicLedgerOf({ plan, settings, environment, removals = [] }: PlatformArgs): TopicLedgerArgs {
  const permitted = isKubernetes(settings) || environment[wantedFingerprintVariable] !== undefined;
  return {
    topics: Object.fromEntries(
      plan.topics.map(({ name, partitions, kind }) => [name, { partitions, declared: kind === "event" }]),
    ),
    partitionFactor: settings.topics.partitionFactor,
    ...(permitted ? { removals } : {}),
  };
}

/** Resolves when the engine has accepted a resource. A refused resource ends the program. */
function registered(resource: pulumi.Resource): Promise<void> {
  return new Promise((resolve) => resource.urn.apply(() => resolve()));
}

/**
 * Returns the Kafka provider with the admin's credentials, which manages all topics, users, ACLs and quotas. The
 * provider connects on first use, so its plugin may start while the cluster starts.
 */
function kafkaAdmin({ cluster }: Substrate): kafka.Provider {
  return new kafka.Provider(
    "kafka-admin",
    {
      bootstrapServers: cluster.admin.apply((addresses) => [...addresses]),
      tlsEnabled: true,
      caCert: cluster.caCertificate,
      clientCert: cluster.adminIdentity.certificate,
      clientKey: cluster.adminIdentity.privateKey,
    },
    { deletedWith: cluster.owner },
  );
}

function serviceDatabases(
  templates: readonly ServiceTemplate[],
  substrate: Substrate,
  projectDir: string,
): Map<string, ServiceDatabase> {
  const { postgres } = substrate;
  const provider = postgresAdmin(postgres);
  return new Map(
    templates.flatMap((template) => {
      if (template.database === undefined) return [];
      const migrations = readServiceMigrations(
        join(projectDir, "service-templates", template.name, template.database.migrations),
      );
      return [
        [
          template.name,
          new ServiceDatabase({
            service: template.name,
            server: postgres,
            provider,
            protect: substrate.protect,
            migrations,
            migratedBy: substrate.migratedBy,
          }),
        ] as const,
      ];
    }),
  );
}
