import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";

/** Where a platform brought up for tests lives. */
export interface TestPlatform {
  readonly stateDir: string;
  readonly portBase: number;
}

declare module "vitest" {
  export interface ProvidedContext {
    platform: TestPlatform;
  }
}

/** The part of `status.json` that tests use. */
export interface PlatformStatusFile {
  readonly endpoints: {
    readonly gateway: string;
    readonly registry: string;
    readonly redis: { readonly host: string; readonly port: number; readonly tls: boolean };
    readonly postgres: { readonly host: string; readonly port: number };
    readonly kafka: { readonly bootstrap: readonly string[]; readonly admin: readonly string[] };
    readonly services: Readonly<Record<string, { readonly http?: string; readonly management: readonly string[] }>>;
  };
  readonly files: {
    readonly ca: string;
    readonly adminCert: string;
    readonly adminKey: string;
    readonly credentials: string;
  };
}

/** Login data of one principal in `credentials.json`. */
export interface PrincipalCredentials {
  readonly kafka?: string;
  readonly postgres?: string;
  readonly postgresUser?: string;
  readonly postgresDatabase?: string;
  readonly redis?: string;
}

/** The platform that the fixture brought up for this rung. */
export function testPlatform(): TestPlatform {
  return inject("platform");
}

/** Addresses and paths of a platform. */
export function statusFile(platform: TestPlatform): PlatformStatusFile {
  return JSON.parse(readFileSync(join(platform.stateDir, "status.json"), "utf8")) as PlatformStatusFile;
}

/** Passwords of all principals of a platform. */
export function credentials(platform: TestPlatform): Readonly<Record<string, PrincipalCredentials>> {
  return JSON.parse(readFileSync(statusFile(platform).files.credentials, "utf8")) as Record<
    string,
    PrincipalCredentials
  >;
}
