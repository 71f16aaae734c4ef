import type * as pulumi from "@pulumi/pulumi";

/** A PostgreSQL server and its administrator, the same on every substrate. */
export interface PostgresEndpoint {
  /** Where services reach it. */
  readonly host: pulumi.Output<string>;
  readonly port: number;
  /** Where the machine that runs Pulumi reaches it. */
  readonly admin: { readonly host: pulumi.Output<string>; readonly port: number };
  /** Whether the administrator is a superuser; managed servers have none. */
  readonly superuser: boolean;
  readonly adminUser: string;
  /** Secret. */
  readonly adminPassword: pulumi.Output<string>;
  /** Certificate (PEM) of the authority that signed the server's certificate. */
  readonly caCertificate: pulumi.Output<string>;
  /** The same as a file, for providers that want a path. */
  readonly caFile: pulumi.Input<string>;
  /** Stands for the server: depend on it to wait until it answers. */
  readonly owner: pulumi.Resource;
  /** Whether the server is there without the platform, and stays when that goes: then what is inside is deleted piece by piece. */
  readonly external: boolean;
}

/** Options of what lives in a server: it comes after the server, and where the server goes, nobody need delete it in there. */
export function livesIn({
  owner,
  external,
}: PostgresEndpoint): Pick<pulumi.CustomResourceOptions, "deletedWith"> & { readonly dependsOn: pulumi.Resource[] } {
  return { dependsOn: [owner], ...(external ? {} : { deletedWith: owner }) };
}

/** A Redis server, the same on every substrate. */
export interface RedisEndpoint {
  readonly host: pulumi.Output<string>;
  readonly port: number;
  /** Certificate (PEM) of the server's authority; absent where the connection is not encrypted. */
  readonly caCertificate?: pulumi.Output<string>;
  /** Stands for the server: depend on it to wait until it answers. */
  readonly owner: pulumi.Resource;
  /** Password of a service (secret); the user is named like the service. */
  password(service: string): pulumi.Output<string>;
}
