/** Comments and issues on GitHub, as the workflow's own token may make them. */

import type { Forge, Issues, Post, Posts } from "./forge.ts";
import { required, UsageFault } from "./forge.ts";
import { requests } from "./requests.ts";

/** Who the workflow's token is. */
const OURSELVES = "github-actions[bot]";

/**
 * GitHub from the variables of a workflow: `GITHUB_API_URL`, `GITHUB_REPOSITORY`, `PUBLISH_TOKEN`, and for comments
 * `PULL_REQUEST`, the number.
 * @throws UsageFault for one that is missing or malformed.
 */
export function gitHub(env: NodeJS.ProcessEnv, sleep: (ms: number) => Promise<void>): Forge {
  const token = required(env, "PUBLISH_TOKEN");
  const repository = required(env, "GITHUB_REPOSITORY");
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository))
    throw new UsageFault(`GITHUB_REPOSITORY is ${JSON.stringify(repository)}, which is no owner/name.`);
  const { send, list } = requests({
    api: required(env, "GITHUB_API_URL"),
    credential: { authorization: `Bearer ${token}`, "x-github-api-version": "2022-11-28" },
    token,
    sleep,
  });
  const repo = `/repos/${repository}`;

  async function find(listing: string, marker: string): Promise<Post | undefined> {
    for await (const item of list(listing)) {
      const { user, body, id, number } = item as {
        user?: { login?: unknown };
        body?: unknown;
        id?: unknown;
        number?: unknown;
      };
      // An issue is addressed by its number, a comment by its id. Listings of issues have pull requests too.
      const address = listing.includes("/comments?") ? id : number;
      if (user?.login === OURSELVES && typeof body === "string" && body.startsWith(marker) && !("pull_request" in item))
        return { id: String(address), body };
    }
    return undefined;
  }

  return {
    comments(): Posts {
      const number = required(env, "PULL_REQUEST");
      if (!/^\d+$/.test(number)) throw new UsageFault(`PULL_REQUEST is ${JSON.stringify(number)}, which is no number.`);
      return {
        find: (marker) => find(`${repo}/issues/${number}/comments?sort=created`, marker),
        create: async (body) => void (await send("POST", `${repo}/issues/${number}/comments`, { body })),
        update: async ({ id }, body) => void (await send("PATCH", `${repo}/issues/comments/${id}`, { body })),
      };
    },
    issues(title): Issues {
      return {
        find: (marker) =>
          find(`${repo}/issues?state=open&creator=${encodeURIComponent(OURSELVES)}&sort=created&direction=asc`, marker),
        create: async (body) => void (await send("POST", `${repo}/issues`, { title, body })),
        update: async ({ id }, body) => void (await send("PATCH", `${repo}/issues/${id}`, { title, body })),
        close: async ({ id }) =>
          void (await send("PATCH", `${repo}/issues/${id}`, { state: "closed", state_reason: "completed" })),
      };
    },
  };
}
