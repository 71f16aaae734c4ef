/**
 * Publishes what a job found, on GitHub and GitLab alike. Needs Node 24 and no packages.
 *
 *   node ci/publish/main.ts comment FILE   the review (review/comment.md) as the merge request's comment
 *   node ci/publish/main.ts drift FILE     the document of `kit drift --json` as the stack's issue
 *
 * The token is in PUBLISH_TOKEN. Exit code: 0 done; 2 wrong usage, or a variable is missing; 3 the server does not answer or refuses.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Forge } from "./forge.ts";
import { ServerFault, UsageFault } from "./forge.ts";
import { gitHub } from "./github.ts";
import { gitLab } from "./gitlab.ts";
import { publishComment, publishDrift } from "./publish.ts";

const PUBLISHERS = { comment: publishComment, drift: publishDrift } as const;

function forgeOf(env: NodeJS.ProcessEnv): Forge {
  if (env.GITLAB_CI === "true") return gitLab(env, sleep);
  if (env.GITHUB_ACTIONS === "true") return gitHub(env, sleep);
  throw new UsageFault("Neither GITLAB_CI nor GITHUB_ACTIONS is set: this runs in a job of GitLab or GitHub.");
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageFault(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const [what, file, ...more] = process.argv.slice(2);
try {
  const publish = Object.entries(PUBLISHERS).find(([name]) => name === what)?.[1];
  if (publish === undefined || file === undefined || more.length > 0)
    throw new UsageFault("usage: node ci/publish/main.ts comment|drift FILE");
  process.stdout.write(`${await publish(forgeOf(process.env), read(file))}\n`);
} catch (error) {
  if (!(error instanceof UsageFault || error instanceof ServerFault)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = error instanceof UsageFault ? 2 : 3;
}
