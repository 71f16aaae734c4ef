import type * as pulumi from "@pulumi/pulumi";

/** Common name of the platform's admin certificate; Kafka's super user by it. */
export const ADMIN_PRINCIPAL = "platform-admin";

/** A client certificate and its key, both PEM. The key is a secret. */
export interface AdminIdentity {
  readonly certificate: pulumi.Output<string>;
  readonly privateKey: pulumi.Output<string>;
}
