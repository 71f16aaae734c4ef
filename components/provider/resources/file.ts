import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link File}. */
export interface FileArgs {
  /** Absolute path. A change creates a new file and removes the old one. */
  path: pulumi.Input<string>;
  /** Text, UTF-8. May be secret. */
  content: pulumi.Input<string>;
  /** Octal permission bits. Default: `"0600"`. */
  mode?: pulumi.Input<string>;
}

/**
 * A file with declared content. `up` writes it, and restores it if it was removed or changed by hand. `destroy` removes
 * it.
 */
export class File extends pulumi.CustomResource {
  declare readonly path: pulumi.Output<string>;
  declare readonly content: pulumi.Output<string>;
  declare readonly mode: pulumi.Output<string | undefined>;

  constructor(name: string, args: FileArgs, options?: pulumi.CustomResourceOptions) {
    super("kit:index:File", name, { ...args }, options);
  }
}
