import * as kafka from "@pulumi/kafka";
import type * as pulumi from "@pulumi/pulumi";
import { KitComponent } from "../component.ts";
import type { PlannedAcl, PlannedPrincipal, PlannedQuota } from "../plan/types.ts";
import { Password } from "../provider/resources.ts";
import type { KafkaCluster } from "./cluster.ts";

/** Arguments of {@link KafkaAccess}. */
export interface KafkaAccessArgs {
  readonly cluster: KafkaCluster;
  readonly provider: kafka.Provider;
  readonly principals: readonly PlannedPrincipal[];
  readonly acls: readonly PlannedAcl[];
  readonly quotas: readonly PlannedQuota[];
  /** The topics that the ACLs name. The ACLs wait for them, because brokers that create partitions apply new ACLs late. */
  readonly topics: pulumi.Resource;
}

/**
 * Number of ACLs that are created at once. The provider sends ACLs that arrive together in one request. For each of
 * them it then reads all ACLs back, and gives up after ten reads (its `waitForACLToBeVisible`). This number keeps both
 * steps short.
 */
const RULES_AT_ONCE = 32;

/**
 * The principals of the cluster and their access: a SCRAM-SHA-512 user per principal, its ACLs and its quota. Resources
 * are named by content, so a new line in the middle of a file changes no other resource.
 */
export class KafkaAccess extends KitComponent {
  readonly #passwords: ReadonlyMap<string, pulumi.Output<string>>;
  readonly #grants = new Map<string, pulumi.Resource[]>();
  readonly #rules: kafka.Acl[] = [];

  constructor(name: string, args: KafkaAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kafka:Access", name, opts);
    const options = this.child({
      provider: args.provider,
      dependsOn: [args.cluster.owner],
      ...(args.cluster.external === true ? {} : { deletedWith: args.cluster.owner }),
    });
    this.#passwords = new Map(
      args.principals.map((principal) => {
        const password = new Password(`kafka-${principal.name}`, {}, this.child());
        const user = new kafka.UserScramCredential(
          principal.name,
          {
            username: principal.name,
            scramMechanism: "SCRAM-SHA-512",
            scramIterations: 4096,
            password: password.value,
          },
          { ...options, additionalSecretOutputs: ["password"] },
        );
        this.#grants.set(principal.name, [user]);
        return [principal.name, password.value];
      }),
    );
    const afterTopics = { ...options, dependsOn: [args.cluster.owner, args.topics] };
    // The registry takes longest to start, so the resources that it waits for come first.
    const platformPrincipals = new Set(
      args.principals.filter((principal) => principal.kind === "platform").map((principal) => principal.name),
    );
    const { platform = [], service = [] } = Object.groupBy(args.acls, (acl) =>
      platformPrincipals.has(acl.principal) ? "platform" : "service",
    );
    for (const acl of [...platform, ...service]) this.grant(acl, afterTopics);
    for (const quota of args.quotas) this.quota(quota, options);
    this.registerOutputs({});
  }

  /** Returns the Kafka password of a principal. Secret. */
  password(principal: string): pulumi.Output<string> {
    const password = this.#passwords.get(principal);
    if (password === undefined)
      throw new Error(`No principal ${principal} in the plan; it has: ${[...this.#passwords.keys()].join(", ")}.`);
    return password;
  }

  /** Returns the resources that a principal needs before it can work: its user and its ACLs. */
  grantsOf(principal: string): readonly pulumi.Resource[] {
    return this.#grants.get(principal) ?? [];
  }

  private grant(acl: PlannedAcl, options: pulumi.CustomResourceOptions): void {
    const grants = this.#grants.get(acl.principal);
    if (grants === undefined) throw new Error(`ACL ${acl.key} is for a principal that is not in the plan.`);
    const earlier = this.#rules.at(-RULES_AT_ONCE);
    const rule = new kafka.Acl(
      acl.key,
      {
        aclPrincipal: `User:${acl.principal}`,
        aclHost: "*",
        aclOperation: acl.operation,
        aclPermissionType: "Allow",
        aclResourceType: acl.resourceType,
        aclResourceName: acl.resourceName,
        resourcePatternTypeFilter: acl.pattern,
      },
      earlier === undefined ? options : { ...options, dependsOn: [earlier] },
    );
    this.#rules.push(rule);
    grants.push(rule);
  }

  private quota(quota: PlannedQuota, options: pulumi.CustomResourceOptions): kafka.Quota {
    const config: Record<string, string> = {};
    if (quota.producerByteRate !== undefined) config.producer_byte_rate = String(quota.producerByteRate);
    if (quota.consumerByteRate !== undefined) config.consumer_byte_rate = String(quota.consumerByteRate);
    // The provider cannot update a quota. If the new quota were created first, the deletion of the old one would remove
    // the new values.
    return new kafka.Quota(
      quota.principal,
      { entityType: "user", entityName: quota.principal, config },
      { ...options, deleteBeforeReplace: true },
    );
  }
}
