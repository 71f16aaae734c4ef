import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { reasonOf } from "../machine/coded-error.ts";

/** Expected content of a file from outside the repository. */
export interface FileContent {
  /** Description for the error. */
  readonly what: string;
  /** Returns the text, or throws an error that says what is wrong with it. */
  check(text: string): string;
}

const CERTIFICATE: FileContent = { what: "the authority's certificate (PEM)", check: (text) => text };

/** Inputs of a stack from outside its settings: secrets of its configuration, and files that it names. */
export interface StackExternals {
  /**
   * Returns a secret of the stack's configuration.
   * @param key - Key without the project, for example `postgresAdminPassword`.
   * @param example - Example of a value, for the error.
   */
  secret(key: string, example: string): pulumi.Output<string>;
  /**
   * Returns the text of a file.
   * @param path - Relative to the project.
   * @param key - Setting that names the file, for the error.
   * @param content - Expected content. Default: the certificate of an authority.
   */
  file(path: string, key: string, content?: FileContent): pulumi.Output<string>;
}

/**
 * Returns secrets and files as the Pulumi program finds them. In a preview, a missing one is an unknown value. Users
 * without access to secrets can thus preview a change, and a new environment can be previewed before its certificates
 * exist.
 * @throws {Error} (its members) in an update, with the missing input and the command that sets it.
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
