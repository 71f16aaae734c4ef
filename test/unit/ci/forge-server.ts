/**
 * A small server that answers like the parts of GitHub's and GitLab's API that the publisher uses, and records its requests.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The token that the server accepts. */
export const TOKEN = "glpat-Very-Secret-0123456789";

/** A request as it came. */
export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

/** A comment or an issue in the server; `text` is its body or description. */
export interface Stored {
  id: number;
  author: string;
  text: string;
  title?: string;
  state: "open" | "closed";
  system?: boolean;
}

/** The server. */
export interface ForgeServer {
  readonly url: string;
  readonly asked: Asked[];
  /** Of the merge request 7. */
  readonly comments: Stored[];
  readonly issues: Stored[];
  /** Answers that replace the next ones, in order. */
  readonly failures: {
    readonly status: number;
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  }[];
  close(): Promise<void>;
}

/** The token's user, on each kind of server. */
export const OURSELVES = { github: "github-actions[bot]", gitlab: "42" } as const;

/** Starts a server on a free port of this machine. */
export async function startForge(kind: keyof typeof OURSELVES): Promise<ForgeServer> {
  const forge = {
    asked: [] as Asked[],
    comments: [] as Stored[],
    issues: [] as Stored[],
    failures: [] as ForgeServer["failures"],
  };
  const answer = kind === "github" ? gitHub(forge) : gitLab(forge);
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const asked = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
      forge.asked.push(asked);
      const failure = forge.failures.shift();
      if (failure !== undefined) return send(response, failure.status, failure.body ?? {}, failure.headers);
      const allowed =
        kind === "github"
          ? request.headers.authorization === `Bearer ${TOKEN}`
          : request.headers["private-token"] === TOKEN;
      if (!allowed) return send(response, 401, { message: "401 Unauthorized" });
      const result = answer(asked);
      return send(
        response,
        result === undefined ? 404 : asked.method === "POST" ? 201 : 200,
        result ?? { message: "404 Not Found" },
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...forge,
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

type Answer = (asked: Asked) => unknown;
type Held = Pick<ForgeServer, "comments" | "issues">;

function gitHub({ comments, issues }: Held): Answer {
  const shown = (post: Stored) => ({
    id: post.id,
    number: post.id,
    user: { login: post.author, type: "Bot" },
    body: post.text,
    title: post.title,
    state: post.state,
  });
  return ({ method, path, body }) => {
    const url = new URL(path, "http://forge");
    const change = body as { body?: string; title?: string; state?: "closed" };
    const [, id] = /^\/repos\/team\/project\/issues\/(?:comments\/)?(\d+)$/.exec(url.pathname) ?? [];
    switch (`${method} ${url.pathname.replace(/\d+$/, "N")}`) {
      case "GET /repos/team/project/issues/7/comments":
        return pageOf(comments, url).map(shown);
      case "POST /repos/team/project/issues/7/comments":
        return shown(added(comments, { author: OURSELVES.github, text: change.body ?? "" }));
      case "PATCH /repos/team/project/issues/comments/N":
        return changed(comments, id, { text: change.body }, shown);
      case "GET /repos/team/project/issues":
        return pageOf(
          issues.filter(({ state }) => state === url.searchParams.get("state")),
          url,
        ).map(shown);
      case "POST /repos/team/project/issues":
        return shown(added(issues, { author: OURSELVES.github, text: change.body ?? "", title: change.title ?? "" }));
      case "PATCH /repos/team/project/issues/N":
        return changed(issues, id, { text: change.body, state: change.state }, shown);
      default:
        return undefined;
    }
  };
}

function gitLab({ comments, issues }: Held): Answer {
  const note = (post: Stored) => ({
    id: post.id,
    author: { id: Number(post.author) },
    body: post.text,
    system: post.system ?? false,
  });
  const issue = (post: Stored) => ({
    id: post.id + 9_000,
    iid: post.id,
    author: { id: Number(post.author) },
    description: post.text,
    title: post.title,
    state: post.state,
  });
  return ({ method, path, body }) => {
    const url = new URL(path, "http://forge");
    const change = body as { body?: string; description?: string; title?: string; state_event?: string };
    const [, id] = /\/(\d+)$/.exec(url.pathname) ?? [];
    switch (`${method} ${url.pathname.replace(/(notes|issues)\/\d+$/, "$1/N")}`) {
      case "GET /user":
        return { id: Number(OURSELVES.gitlab) };
      case "GET /projects/1/merge_requests/7/notes":
        return pageOf(comments, url).map(note);
      case "POST /projects/1/merge_requests/7/notes":
        return note(added(comments, { author: OURSELVES.gitlab, text: change.body ?? "" }));
      case "PUT /projects/1/merge_requests/7/notes/N":
        return changed(comments, id, { text: change.body }, note);
      case "GET /projects/1/issues":
        return pageOf(
          issues.filter(({ state }) => state === "open"),
          url,
        ).map(issue);
      case "POST /projects/1/issues":
        return issue(
          added(issues, { author: OURSELVES.gitlab, text: change.description ?? "", title: change.title ?? "" }),
        );
      case "PUT /projects/1/issues/N":
        return changed(
          issues,
          id,
          { text: change.description, state: change.state_event === "close" ? "closed" : undefined },
          issue,
        );
      default:
        return undefined;
    }
  };
}

function pageOf(posts: readonly Stored[], url: URL): readonly Stored[] {
  const size = Number(url.searchParams.get("per_page") ?? 20);
  const from = (Number(url.searchParams.get("page") ?? 1) - 1) * size;
  return posts.slice(from, from + size);
}

function added(posts: Stored[], post: Omit<Stored, "id" | "state">): Stored {
  const stored: Stored = { ...post, id: 100 + posts.length, state: "open" };
  posts.push(stored);
  return stored;
}

function changed(
  posts: readonly Stored[],
  id: string | undefined,
  change: { readonly text: string | undefined; readonly state?: "closed" | undefined },
  shown: (post: Stored) => unknown,
): unknown {
  const post = posts.find((each) => each.id === Number(id));
  if (post === undefined) return undefined;
  if (change.text !== undefined) post.text = change.text;
  if (change.state !== undefined) post.state = change.state;
  return shown(post);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString("utf8");
  return text === "" ? undefined : JSON.parse(text);
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
