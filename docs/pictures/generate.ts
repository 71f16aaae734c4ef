/**
 * Pictures and diagrams that are generated from what runs.
 *
 *     node docs/pictures/generate.ts          # says what is out of date; exit code 1 when something is
 *     node docs/pictures/generate.ts --write  # writes it
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadTopicFiles } from "../../components/model/load.ts";
import { expectRead } from "../../components/model/read.ts";
import { readTopics } from "../../components/model/topics/read-topics.ts";
import { readServiceTemplates } from "../../components/services/template.ts";
import {
  mermaidDiagram,
  sagaGraph,
  transitionTable,
} from "../../service-templates/order-service/src/saga/state-diagram.ts";
import { choreography } from "./choreography.ts";
import { statePicture } from "./state-picture.ts";

/** The command that writes them. */
export const REGENERATE = "node docs/pictures/generate.ts --write";

const GUIDE = "docs/guide/order-saga.md";
const PICTURE = "docs/pictures/order-saga.svg";

/** Services that take part in an order, in the order in which it meets them. */
const SERVICES = [
  "api-gateway",
  "order-service",
  "payment-service",
  "inventory-service",
  "shipping-service",
  "notification-service",
  "analytics-service",
];

/** Each generated file as it should be, by path; what people wrote around the generated parts is kept. */
export async function generatedFiles(projectDir: string): Promise<ReadonlyMap<string, string>> {
  const graph = sagaGraph();
  const model = expectRead(readTopics(await loadTopicFiles(projectDir)));
  const parts: Readonly<Record<string, string>> = {
    choreography: fenced(choreography(model, readServiceTemplates(join(projectDir, "service-templates")), SERVICES)),
    states: fenced(mermaidDiagram(graph)),
    transitions: transitionTable(graph),
  };
  const guide = Object.entries(parts).reduce(
    (text, [name, part]) => withPart(text, name, part),
    readFileSync(join(projectDir, GUIDE), "utf8"),
  );
  return new Map([
    [GUIDE, guide],
    [PICTURE, statePicture(graph)],
  ]);
}

function fenced(mermaid: string): string {
  return `\`\`\`mermaid\n${mermaid}\n\`\`\``;
}

/** The text with a part between its two markers replaced. */
function withPart(text: string, name: string, part: string): string {
  const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`];
  const [start, stop] = [text.indexOf(begin), text.indexOf(end)];
  if (start === -1 || stop < start) throw new Error(`${GUIDE} lacks the lines ${begin} and ${end}.`);
  return `${text.slice(0, start + begin.length)}\n${part}\n${text.slice(stop)}`;
}

async function main(write: boolean): Promise<number> {
  const projectDir = join(import.meta.dirname, "..", "..");
  let outdated = 0;
  for (const [path, text] of await generatedFiles(projectDir)) {
    const file = join(projectDir, path);
    const before = readFileSync(file, { encoding: "utf8", flag: "a+" });
    if (before === text) continue;
    if (write) writeFileSync(file, text);
    else outdated += 1;
    process.stdout.write(`${path} ${write ? "written" : `is out of date: ${REGENERATE}`}\n`);
  }
  return outdated === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(process.argv.includes("--write"));
