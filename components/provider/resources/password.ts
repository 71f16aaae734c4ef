import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link Password}. */
export interface PasswordArgs {
  /** Number of characters, 16 to 256. Default: 32, which is 192 bits. A change creates a new password. */
  length?: pulumi.Input<number>;
}

/** A random password of letters, digits, `-` and `_`. The stack's state holds it as a secret. */
export class Password extends pulumi.CustomResource {
  /** Secret. */
  declare readonly value: pulumi.Output<string>;

  constructor(name: string, args: PasswordArgs = {}, options?: pulumi.CustomResourceOptions) {
    super(
      "kit:index:Password",
      name,
      { ...args, value: undefined },
      pulumi.mergeOptions({ additionalSecretOutputs: ["value"] }, options ?? {}),
    );
  }
}
