/** The catalogue as one HTML file: no server, no requests, readable without JavaScript. Pure. */
import { createHash } from "node:crypto";
import { flowGraph } from "./flow-graph.ts";
import { escapeMarkup as text } from "./markup.ts";
import type { CatalogueEvent, CatalogueTopic, TopicCatalogue } from "./topic-catalogue.ts";

const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--paper:#fff;--card:#f6f8fa;--accent:#0969da;--warn:#9a6700}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--paper:#0d1117;--card:#151b23;--accent:#4493f8;--warn:#d29922}}
*{box-sizing:border-box}
body{margin:0;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
header,main{max-width:1040px;margin:0 auto;padding:0 20px}
header{padding-top:28px}
h1{font-size:24px;margin:0}
h2{font-size:18px;margin:0;overflow-wrap:anywhere}
.soft{color:var(--soft)}
.bar{position:sticky;top:0;background:var(--paper);padding:12px 0;border-bottom:1px solid var(--line);z-index:1}
input{width:100%;padding:9px 12px;font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:6px}
article{border:1px solid var(--line);border-radius:8px;padding:16px 18px;margin:16px 0;content-visibility:auto;contain-intrinsic-size:auto 420px;scroll-margin-top:76px}
article[hidden]{display:none}
article>header{padding:0;margin:0;max-width:none;display:flex;gap:12px;justify-content:space-between;align-items:baseline;flex-wrap:wrap}
table{border-collapse:collapse;width:100%;margin:8px 0;font-size:14px}
th,td{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
caption{text-align:left;color:var(--soft);padding-top:6px}
th{color:var(--soft);font-weight:500;white-space:nowrap}
code,.mono{font-family:ui-monospace,monospace;font-size:13px}
dl{display:flex;flex-wrap:wrap;gap:4px 22px;margin:10px 0}
dl div{display:flex;gap:6px}dt{color:var(--soft)}dd{margin:0}
details{margin:6px 0}summary{cursor:pointer}
.warn{color:var(--warn);border-left:3px solid var(--warn);padding-left:10px}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
.graph{width:100%;height:auto;margin:16px 0}
.graph rect{fill:var(--card);stroke:var(--line)}.graph text{fill:var(--ink);font:12px ui-monospace,monospace}.graph .head{fill:var(--soft);font:12px system-ui,sans-serif}
.flow{fill:none;stroke:var(--soft);opacity:.45}.graph.chosen .flow{opacity:.08}.graph.chosen .flow.on{stroke:var(--accent);opacity:1}.graph .node.on rect{stroke:var(--accent)}
`;

/** Search, and highlighting of the hovered box's lines. The page works without it. */
const SCRIPT = `
const search=document.querySelector("input"),cards=[...document.querySelectorAll("article")],count=document.querySelector("#count");
const haystacks=cards.map((card)=>card.textContent.toLowerCase());
function filter(){const words=search.value.toLowerCase().split(/\\s+/).filter(Boolean);let shown=0;
cards.forEach((card,i)=>{const fits=words.every((word)=>haystacks[i].includes(word));card.hidden=!fits;if(fits)shown+=1});
count.textContent=shown+" of "+cards.length+" topics"}
search.addEventListener("input",filter);
document.addEventListener("keydown",(event)=>{if(event.key==="/"&&document.activeElement!==search){event.preventDefault();search.focus()}});
const graph=document.querySelector(".graph");
function choose(node){for(const each of graph.querySelectorAll(".on"))each.classList.remove("on");graph.classList.toggle("chosen",Boolean(node));
if(!node)return;node.classList.add("on");const id=node.dataset.id;
for(const flow of graph.querySelectorAll(".flow"))if(flow.dataset.from===id||flow.dataset.to===id){flow.classList.add("on");
for(const end of [flow.dataset.from,flow.dataset.to])graph.querySelector('.node[data-id="'+CSS.escape(end)+'"]')?.classList.add("on")}}
if(graph)for(const node of graph.querySelectorAll(".node")){node.addEventListener("pointerenter",()=>choose(node));node.addEventListener("focus",()=>choose(node));node.addEventListener("pointerleave",()=>choose());node.addEventListener("blur",()=>choose())}
`;

/** Metadata of the page. */
export interface PageTitle {
  readonly title: string;
  /** Environment whose settings the page shows. */
  readonly stack: string;
}

/** The whole page. */
export function cataloguePage(catalogue: TopicCatalogue, { title, stack }: PageTitle): string {
  const { topics } = catalogue;
  const teams = new Set(topics.map(({ team }) => team)).size;
  const policy = `default-src 'none'; style-src '${digest(STYLE)}'; script-src '${digest(SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${text(policy)}">
<title>${text(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${text(title)}</h1>
<p class="soft">${topics.length} topics of ${teams} ${teams === 1 ? "team" : "teams"}, as the stack ${text(stack)} declares them</p>
${flowGraph(catalogue)}
</header>
<main>
<div class="bar"><input type="search" placeholder="Search topics, events, fields, services, teams ( / )" aria-label="Search"><span id="count" class="soft">${topics.length} topics</span></div>
${topics.map(card).join("\n")}
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function digest(content: string): string {
  return `sha256-${createHash("sha256").update(content).digest("base64")}`;
}

function card(topic: CatalogueTopic): string {
  return `<article id="${text(topic.name)}">
<header><h2><a href="#${text(topic.name)}">${text(topic.name)}</a></h2><span class="soft">${text(topic.domain)} · ${text(topic.team)} · ${text(topic.contact)} · criticality ${text(topic.criticality)}</span></header>
${topic.deprecated === undefined ? "" : `<p class="warn">Deprecated ${text(topic.deprecated)}</p>\n`}<p>${text(topic.description)}</p>
<dl>${topic.settings.map(([name, value]) => `<div><dt>${text(name)}</dt><dd>${text(value)}</dd></div>`).join("")}</dl>
${topic.events.map(eventDetails).join("\n")}
${parties(
  "written by",
  topic.producers.map(({ service, events, quota }) => [service, events.join(", "), quota]),
  ["service", "events", "quota per broker"],
)}
${parties(
  "read by",
  topic.consumers.map(({ service, events, instances, quota, also }) => [
    service,
    events.join(", "),
    String(instances),
    quota,
    also.join(", "),
  ]),
  ["group", "handles", "instances", "quota per broker", "dead-letter records, retries"],
)}
<p class="soft mono">${text(topic.declaredAt)}</p>
</article>`;
}

function eventDetails(event: CatalogueEvent): string {
  const rows = event.fields
    .map(
      ({ name, type, doc }) =>
        `<tr><td class="mono">${text(name)}</td><td class="mono">${text(type)}</td><td>${text(doc)}</td></tr>`,
    )
    .join("");
  const claim =
    event.claimCheck === undefined
      ? ""
      : `<p class="soft">Claim check: ${text(event.claimCheck)}. Larger content is stored outside Kafka; headers carry its reference, size and SHA-256.</p>`;
  const shares =
    event.shares === undefined
      ? ""
      : `<p class="soft">Shares ${event.shares.map((name) => `<code>${text(name)}</code>`).join(", ")} with other events.</p>`;
  return `<details><summary><code>${text(event.name)}</code> <span class="soft">${text(event.record)}, ${text(event.compatibility)}</span></summary><p>${text(event.doc)}</p>${claim}${shares}<table><thead><tr><th>field</th><th>type</th><th>meaning</th></tr></thead><tbody>${rows}</tbody></table></details>`;
}

function parties(title: string, rows: readonly (readonly string[])[], columns: readonly string[]): string {
  if (rows.length === 0) return `<p class="soft">${text(title)} nobody</p>`;
  const head = columns.map((column) => `<th>${text(column)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${text(cell)}</td>`).join("")}</tr>`).join("");
  return `<table aria-label="${text(title)}"><caption>${text(title)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}
