/**
 * Where a project's merge requests and issues live. A comment or issue of ours is found by its marker, a line of HTML comment
 * at the beginning of its text, and by its author: text of anybody else is never changed, whatever it begins with.
 */

/** A comment or an issue that is there. */
export interface Post {
  readonly id: string;
  /** The whole text, with the marker. */
  readonly body: string;
}

/** A comment of the merge request, or an issue of the project: both are kept in place. */
export interface Posts {
  /** The oldest open one that begins with the marker and is ours. */
  find(marker: string): Promise<Post | undefined>;
  create(body: string): Promise<void>;
  update(post: Post, body: string): Promise<void>;
}

/** Issues can also be closed; `title` is that of every issue made. */
export interface Issues extends Posts {
  close(post: Post): Promise<void>;
}

/** GitHub or GitLab. */
export interface Forge {
  /** Comments of the merge request that the job runs for. */
  comments(): Posts;
  issues(title: string): Issues;
}

/** A mistake in how the job is set up: exit code 2. */
export class UsageFault extends Error {}

/** The server is not reachable, or refuses: exit code 3. */
export class ServerFault extends Error {}

/** Value of a variable that must be there. */
export function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value === undefined || value === "")
    throw new UsageFault(`The variable ${name} is not set. See docs/guide/ci.md.`);
  return value;
}
