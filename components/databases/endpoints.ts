import type * as pulumi from "@pulumi/pulumi";

/** A PostgreSQL server and its administrator. The interface is equal on every substrate. */
export interface PostgresEndpoint {
  /** Host at which services reach the server. */
  readonly host: pulumi.Output<string>;
  readonly port: number;
  /** Host and port at which the machine that runs Pulumi reaches the server. */
  readonly admin: { readonly host: pulumi.Output<string>; readonly port: number };
  /** Whether the administrator is a superuser. Managed servers offer none. */
  readonly superuser: boolean;
  readonly adminUser: string;
  /** Secret. */
  readonly adminPassword: pulumi.Output<string>;
  /** Certificate (PEM) of the authority that signed the server's certificate. */
  readonly caCertificate: pulumi.Output<string>;
  /** The same certificate as a file, for providers that require a path. */
  readonly caFile: pulumi.Input<string>;
  /** Resource that stands for the server. A resource that depends on it waits until the server answers. */
  readonly owner: pulumi.Resource;
  /**
   * Whether the server exists without the platform, and stays when the platform is removed. Its contents are then
   * deleted one by one.
   */
  readonly external: boolean;
}

/**
 * Returns the options of a resource inside a server. It is created after the server. If the server is deleted, the
 * resource needs no deletion of its own.
 */
export function livesIn({
  owner,
  external,
}: PostgresEndpoint): Pick<pulumi.CustomResourceOptions, "deletedWith"> & { readonly dependsOn: pulumi.Resource[] } {
  return { dependsOn: [owner], ...(external ? {} : { deletedWith: owner }) };
}

/** A Redis server. The interface is equal on every substrate. */
export interface RedisEndpoint {
  readonly host: pulumi.Output<string>;
  readonly port: number;
  /** Certificate (PEM) of the server's authority. Absent if the connection is not encrypted. */
  readonly caCertificate?: pulumi.Output<string>;
  /** Resource that stands for the server. A resource that depends on it waits until the server answers. */
  readonly owner: pulumi.Resource;
  /** Returns the password of a service. Secret. The user has the name of the service. */
  password(service: string): pulumi.Output<string>;
}
