import { isIP } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import { KitComponent } from "../component.ts";
import { Certificate } from "../provider/resources.ts";
import type { AdminIdentity } from "./admin-identity.ts";
import { ADMIN_PRINCIPAL } from "./admin-identity.ts";

const HOURS_PER_DAY = 24;
/**
 * Validity of authorities: five years, with renewal half a year before the end. Strimzi's documentation uses these
 * periods for its own authorities.
 */
export const AUTHORITY_VALIDITY = { validityHours: 1825 * HOURS_PER_DAY, renewBeforeHours: 180 * HOURS_PER_DAY };
/** Validity of other certificates: one year, with renewal a month before the end. */
export const LEAF_VALIDITY = { validityHours: 365 * HOURS_PER_DAY, renewBeforeHours: 30 * HOURS_PER_DAY };

/** Certificate and key of an authority, used as the `issuer` of a leaf certificate. */
export interface Issuer {
  readonly certificatePem: pulumi.Output<string>;
  readonly privateKeyPem: pulumi.Output<string>;
}

/**
 * The two authorities of a platform: one signs server certificates, the other client certificates. They are separate,
 * as in Strimzi, so that no service accepts a client's certificate as a broker's.
 */
export class PlatformAuthorities extends KitComponent {
  /** Authority that signs the certificates of servers. */
  readonly servers: Issuer;
  /** Authority that signs the certificates of clients. The kit owns it on every substrate. */
  readonly clients: Issuer;
  /** Identity of the platform's admin, signed by the clients' authority. */
  readonly admin: AdminIdentity;

  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("kafka:PlatformAuthorities", name, opts);
    this.servers = this.authority(name, "servers");
    this.clients = this.authority(name, "clients");
    const admin = new Certificate(
      `${name}-admin`,
      { kind: "leaf", commonName: ADMIN_PRINCIPAL, issuer: this.clients, usages: ["client"], ...LEAF_VALIDITY },
      this.child(),
    );
    this.admin = { certificate: admin.chainPem, privateKey: admin.privateKeyPem };
    this.registerOutputs({});
  }

  private authority(name: string, signs: string): Issuer {
    const { certificatePem, privateKeyPem } = new Certificate(
      `${name}-${signs}`,
      { kind: "authority", commonName: `event-platform ${signs}`, ...AUTHORITY_VALIDITY },
      this.child(),
    );
    return { certificatePem, privateKeyPem };
  }

  /** Returns a server certificate for a process on this machine, valid for its loopback names. */
  serverCertificate(
    name: string,
    parent: pulumi.Resource,
    usages: ("server" | "client")[] = ["server"],
    commonName = name,
  ): Certificate {
    return new Certificate(
      name,
      {
        kind: "leaf",
        commonName,
        issuer: this.servers,
        dnsNames: ["localhost"],
        ipAddresses: ["127.0.0.1"],
        usages,
        ...LEAF_VALIDITY,
      },
      { parent },
    );
  }

  /**
   * Returns a server certificate for a Service in a cluster, valid for the names with which pods look it up.
   * @param reachedAt - An additional name or address for clients outside the cluster.
   */
  serviceCertificate(service: string, namespace: string, parent: pulumi.Resource, reachedAt?: string): Certificate {
    const host = `${service}.${namespace}.svc`;
    const names = [host, `${host}.cluster.local`, `${service}.${namespace}`, service];
    const outside =
      reachedAt === undefined
        ? {}
        : isIP(reachedAt) === 0
          ? { dnsNames: [...names, reachedAt] }
          : { ipAddresses: [reachedAt] };
    return new Certificate(
      service,
      {
        kind: "leaf",
        commonName: host,
        issuer: this.servers,
        dnsNames: names,
        ...outside,
        usages: ["server"],
        ...LEAF_VALIDITY,
      },
      { parent },
    );
  }
}
