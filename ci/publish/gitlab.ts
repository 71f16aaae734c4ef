/** Notes of merge requests and issues on GitLab, as a project access token may make them. */

import type { Forge, Issues, Post, Posts } from "./forge.ts";
import { required, ServerFault, UsageFault } from "./forge.ts";
import { requests } from "./requests.ts";

/**
 * GitLab from the variables of a job: `CI_API_V4_URL`, `CI_PROJECT_ID`, `PUBLISH_TOKEN`, and for comments
 * `CI_MERGE_REQUEST_IID`.
 * @throws UsageFault for one that is missing or malformed.
 */
export function gitLab(env: NodeJS.ProcessEnv, sleep: (ms: number) => Promise<void>): Forge {
  const token = required(env, "PUBLISH_TOKEN");
  const { send, list } = requests({
    api: required(env, "CI_API_V4_URL"),
    credential: { "private-token": token },
    token,
    sleep,
  });
  const project = `/projects/${numberOf(env, "CI_PROJECT_ID")}`;

  /** Id of the token's user: a note of anybody else could be edited by its author after us. */
  async function ourselves(): Promise<unknown> {
    const user = (await send("GET", "/user")) as { id?: unknown };
    if (typeof user.id !== "number") throw new ServerFault("GET /user: the answer has no id.");
    return user.id;
  }

  async function find(listing: string, field: "body" | "description", marker: string): Promise<Post | undefined> {
    const us = await ourselves();
    for await (const item of list(listing)) {
      const { author, id, iid, system } = item as {
        author?: { id?: unknown };
        id?: unknown;
        iid?: unknown;
        system?: unknown;
      };
      const text = item[field];
      if (author?.id === us && system !== true && typeof text === "string" && text.startsWith(marker))
        return { id: String(field === "body" ? id : iid), body: text };
    }
    return undefined;
  }

  return {
    comments(): Posts {
      const notes = `${project}/merge_requests/${numberOf(env, "CI_MERGE_REQUEST_IID")}/notes`;
      return {
        find: (marker) => find(`${notes}?sort=asc&order_by=created_at`, "body", marker),
        create: async (body) => void (await send("POST", notes, { body })),
        update: async ({ id }, body) => void (await send("PUT", `${notes}/${id}`, { body })),
      };
    },
    issues(title): Issues {
      const issues = `${project}/issues`;
      return {
        find: (marker) =>
          find(`${issues}?state=opened&scope=created_by_me&sort=asc&order_by=created_at`, "description", marker),
        create: async (description) => void (await send("POST", issues, { title, description })),
        update: async ({ id }, description) => void (await send("PUT", `${issues}/${id}`, { title, description })),
        close: async ({ id }) => void (await send("PUT", `${issues}/${id}`, { state_event: "close" })),
      };
    },
  };
}

function numberOf(env: NodeJS.ProcessEnv, name: string): string {
  const value = required(env, name);
  if (!/^\d+$/.test(value)) throw new UsageFault(`${name} is ${JSON.stringify(value)}, which is no number.`);
  return value;
}
