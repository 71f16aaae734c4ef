import type * as pulumi from "@pulumi/pulumi";

/** Common name of the platform's admin certificate. It makes the admin a super user of Kafka. */
export const ADMIN_PRINCIPAL = "platform-admin";

/** A client certificate and its key, both PEM. The key is a secret. */
export interface AdminIdentity {
  readonly certificate: pulumi.Output<string>;
  readonly privateKey: pulumi.Output<string>;
}
