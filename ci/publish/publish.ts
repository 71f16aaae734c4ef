/** Keeps one post in place: created, updated, left alone, or closed. */
import { driftMarker, driftReport, driftTitle, parseDrift } from "./drift-report.ts";
import type { Forge, Posts } from "./forge.ts";
import { postText } from "./post-text.ts";

/** Marker of the review's comment. */
export const REVIEW_MARKER = "<!-- event-platform review -->";

/** What was done, in one line. */
export type Outcome = string;

/** Publishes the review as the merge request's comment. */
export async function publishComment(forge: Forge, text: string): Promise<Outcome> {
  return `The review's comment is ${await keep(forge.comments(), REVIEW_MARKER, text)}.`;
}

/**
 * Opens or updates the stack's issue when something deviates, and closes it when nothing does.
 * @throws UsageFault for a text that is no document of `kit drift --json`.
 */
export async function publishDrift(forge: Forge, text: string): Promise<Outcome> {
  const findings = parseDrift(text);
  const issues = forge.issues(driftTitle(findings.stack));
  const marker = driftMarker(findings.stack);
  if (findings.drifted)
    return `The issue of ${findings.stack} is ${await keep(issues, marker, driftReport(findings))}.`;
  const open = await issues.find(marker);
  if (open === undefined) return `${findings.stack} runs as declared; there is no issue.`;
  await issues.close(open);
  return `${findings.stack} runs as declared; its issue is closed.`;
}

async function keep(posts: Posts, marker: string, text: string): Promise<"created" | "updated" | "unchanged"> {
  const body = postText(marker, text);
  const own = await posts.find(marker);
  if (own === undefined) {
    await posts.create(body);
    return "created";
  }
  // Servers store some texts without the last line end.
  if (own.body.trimEnd() === body.trimEnd()) return "unchanged";
  await posts.update(own, body);
  return "updated";
}
