/** Runbooks: every alert has one, and its commands and panels exist. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { scenariosOf } from "../../../cli/chaos/scenarios.ts";
import type { CommandContext } from "../../../cli/context.ts";
import { runProgram } from "../../../cli/program.ts";
import { OWNED_LABELS } from "../../../components/observability/alert.ts";
import { runbookPath, signalsPage, signalsPath } from "../../../components/observability/documentation.ts";
import { EXPORTED } from "../../../components/observability/exported/catalogue.ts";
import { seriesNames } from "../../../components/observability/exported/exported-metric.ts";
import { ownerSeries } from "../../../components/observability/owners.ts";
import { namedRunbooks, withHead } from "../../../components/observability/rendered/runbook-head.ts";
import { SIGNALS } from "../../../components/observability/signals/catalogue.ts";
import { namedIn } from "./promql.ts";

const FOLDER = "docs/runbooks";
const PAGES = readdirSync(FOLDER).filter((name) => name.endsWith(".md"));
const textOf = (page: string): string => readFileSync(join(FOLDER, page), "utf8");
const SIGNAL_NAMES = new Set([...SIGNALS.map(({ name }) => name), ...OWNED_LABELS.map(ownerSeries)]);
const RAW = new Set(EXPORTED.flatMap(({ metrics }) => metrics.flatMap(seriesNames)));

/** Commands on a page, as words. */
function commandsIn(text: string): string[][] {
  return [...text.matchAll(/npx kit ([^\n`|#&]*)/g)].map(([, words = ""]) =>
    (words.match(/"[^"]*"|\S+/g) ?? [])
      .map((word) => (word.startsWith('"') ? word : word.replace(/[),.;:"]+$/, "")))
      .filter((word) => word !== ""),
  );
}

const helps = new Map<string, Promise<string>>();

/** What `kit COMMAND --help` prints; read once. */
function helpOf(command: string): Promise<string> {
  const known = helps.get(command) ?? printedHelp(command);
  helps.set(command, known);
  return known;
}

async function printedHelp(command: string): Promise<string> {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const context = {
    projectDir: process.cwd(),
    stateDir: join(process.cwd(), "none"),
    env: { CI: "true" },
    ...streams,
    now: () => 0,
  } as unknown as CommandContext;
  await runProgram(context, [command, "--help"]);
  return String(streams.stdout.read() ?? "");
}

describe("the runbooks", () => {
  it("have one for each alert, and the head that the alerts make", () => {
    for (const runbook of namedRunbooks()) {
      const text = readFileSync(runbookPath(runbook), "utf8");
      expect(withHead(text, runbook), `${runbookPath(runbook)}: node components/observability/documentation.ts`).toBe(
        text,
      );
    }
  });

  it.each([...namedRunbooks(), "lost-zone", "stuck-rollout", "rotate-credentials"])(
    "%s says what it means, what to do and when it is over",
    (runbook) => {
      const text = textOf(`${runbook}.md`);
      const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, title = ""]) => title);
      expect(sections).toEqual(["Meaning", "Impact", "Diagnosis", "Mitigation", "Roll back", "Resolved when"]);
      expect(text).toMatch(/Kubernetes|kubectl/);
      expect(text).toMatch(/npx kit/);
      expect(text).toMatch(/reproduces? /i);
    },
  );

  it("list every runbook on their first page", () => {
    const first = textOf("README.md");
    for (const page of PAGES.filter((name) => name !== "README.md")) expect(first).toContain(`](${page})`);
  });
});

describe.each(PAGES)("%s", (page) => {
  const text = textOf(page);

  it("names commands and options of kit that exist", async () => {
    const wrong: string[] = [];
    for (const [command = "", ...words] of commandsIn(text)) {
      const help = await helpOf(command);
      if (!help.startsWith(`Usage: kit ${command} `)) wrong.push(`kit ${command}`);
      // The first word behind a command with actions is one of them.
      const [action] = words;
      if (
        /<(?:action|question)>/.test(help) &&
        !new RegExp(`^ +(?:action|question) +.*\\b${action}\\b`, "m").test(help)
      )
        wrong.push(`kit ${command} ${action}`);
      for (const word of words)
        if (word.startsWith("--") && !new RegExp(`^ +(?:-\\w, )?${word}\\b`, "m").test(help))
          wrong.push(`kit ${command} ${word}`);
      const scenario = words[words.indexOf("--scenario") + 1];
      if (words.includes("--scenario") && !scenariosOf().some(({ name }) => name === scenario))
        wrong.push(`scenario ${scenario}`);
    }
    expect(wrong).toEqual([]);
  });

  it("names signals and metrics that exist", () => {
    const code = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);
    for (const name of code.flatMap((span) => span.match(/\b[a-z_]+:[a-z0-9_]+:[a-z0-9_]+/g) ?? []))
      expect(SIGNAL_NAMES, "signals").toContain(name);
    for (const { metric } of code
      .filter((span) => /\b(?:rate|increase)\(/.test(span))
      .flatMap((span) => namedIn(span).selectors))
      expect(SIGNAL_NAMES.has(metric) || RAW.has(metric), metric).toBe(true);
  });
});

it(`${signalsPath} is what \`node components/observability/documentation.ts\` writes`, () => {
  expect(readFileSync(signalsPath, "utf8")).toBe(signalsPage());
});
