import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { reasonOf } from "../machine/coded-error.ts";

/** What a file from outside holds. */
export interface FileContent {
  /** For the error. */
  readonly what: string;
  /** Gives the text, or throws what is wrong with it. */
  check(text: string): string;
}

const CERTIFICATE: FileContent = { what: "the authority's certificate (PEM)", check: (text) => text };

/** What a stack takes from outside its settings: secrets of its configuration, and files that it names. */
export interface StackExternals {
  /**
   * A secret of the stack's configuration.
   * @param key - Key without the project, for example `postgresAdminPassword`.
   * @param example - What a value looks like, for the error.
   */
  secret(key: string, example: string): pulumi.Output<string>;
  /**
   * Text of a file.
   * @param path - Relative to the project.
   * @param key - Setting that names it, for the error.
   * @param content - What it must hold, where that is no authority's certificate.
   */
  file(path: string, key: string, content?: FileContent): pulumi.Output<string>;
}

/**
 * Secrets and files as Pulumi's program finds them. In a preview an absent one is a value not known yet, so that a change can be
 * looked at by those who may not see secrets, and a new environment before its certificates are there.
 * @throws {Error} (its members) in an update, naming what is absent and the command that sets it.
 */
export function stackExternals(projectDir: string): StackExternals {
  return {
    secret(key, example) {
      const config = new pulumi.Config();
      const value = config.getSecret(key);
      if (value !== undefined) return value;
      if (pulumi.runtime.isDryRun()) return pulumi.secret(unknownText());
      throw new Error(
        `The stack has no secret ${config.name}:${key}; set it: pulumi config set --secret ${key} '${example}' -s ${pulumi.getStack()}.`,
      );
    },
    file(path, key, { what, check } = CERTIFICATE) {
      const file = join(projectDir, path);
      if (existsSync(file)) return pulumi.output(checked(readFileSync(file, "utf8"), check, `${key}: ${path}`));
      if (pulumi.runtime.isDryRun()) return unknownText();
      throw new Error(`${key} names ${path}, which is not there; put ${what} into it.`);
    },
  };
}

function checked(text: string, check: FileContent["check"], place: string): string {
  try {
    return check(text);
  } catch (error) {
    throw new Error(`${place} ${reasonOf(error)}.`, { cause: error });
  }
}

function unknownText(): pulumi.Output<string> {
  return pulumi.output(pulumi.unknown).apply((unknown) => String(unknown));
}
