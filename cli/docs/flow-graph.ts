/** Producers and consumers of topics as an SVG in columns. Pure. */
import { compareText } from "../../components/model/problems/problem.ts";
import { escapeMarkup } from "./markup.ts";
import type { TopicCatalogue } from "./topic-catalogue.ts";

/** A box. */
interface GraphNode {
  /** Column in the graph. */
  readonly id: string;
  readonly label: string;
  /** Anchor on the page; boxes without one are not links. */
  readonly href?: string;
}

/** A line between boxes of neighbouring columns; `weight` makes it thicker. */
interface GraphLink {
  readonly from: string;
  readonly to: string;
  readonly weight: number;
}

interface FlowGraph {
  readonly columns: readonly { readonly title: string; readonly nodes: readonly GraphNode[] }[];
  readonly links: readonly GraphLink[];
}

/** Above this number of topics the graph shows domains, because a thousand lines are unreadable. */
const MOST_TOPICS = 60;

const ROW = 30;
const BOX = { width: 210, height: 22 };
const GAP = 170;
const HEAD = 34;

/** Services and topics, or domains if there are too many topics. */
export function flowGraph(catalogue: TopicCatalogue): string {
  return draw(catalogue.topics.length <= MOST_TOPICS ? byTopic(catalogue) : byDomain(catalogue));
}

function byTopic({ topics }: TopicCatalogue): FlowGraph {
  const services = (of: readonly (readonly { readonly service: string }[])[], side: string): GraphNode[] =>
    [...new Set(of.flat().map(({ service }) => service))]
      .sort(compareText)
      .map((service) => ({ id: `${side} ${service}`, label: service }));
  return {
    columns: [
      {
        title: "writes",
        nodes: services(
          topics.map(({ producers }) => producers),
          "writes",
        ),
      },
      { title: "topic", nodes: topics.map(({ name }) => ({ id: `topic ${name}`, label: name, href: `#${name}` })) },
      {
        title: "reads",
        nodes: services(
          topics.map(({ consumers }) => consumers),
          "reads",
        ),
      },
    ],
    links: topics.flatMap((topic) => [
      ...topic.producers.map(({ service }) => ({ from: `writes ${service}`, to: `topic ${topic.name}`, weight: 1 })),
      ...topic.consumers.map(({ service }) => ({ from: `topic ${topic.name}`, to: `reads ${service}`, weight: 1 })),
    ]),
  };
}

/** A service belongs to the domain of most of the topics that it writes; a service that writes none stands alone. */
function byDomain({ topics }: TopicCatalogue): FlowGraph {
  const written = Map.groupBy(
    topics.flatMap(({ domain, producers }) => producers.map(({ service }) => ({ service, domain }))),
    ({ service }) => service,
  );
  const homes = new Map(
    [...written].map(([service, places]) => {
      const [home] = [...Map.groupBy(places, ({ domain }) => domain)].sort(
        ([a, first], [b, second]) => second.length - first.length || compareText(a, b),
      );
      return [service, home?.[0] ?? service];
    }),
  );
  const flows = new Map<string, GraphLink>();
  for (const { domain, consumers } of topics) {
    for (const reader of new Set(consumers.map(({ service }) => homes.get(service) ?? service))) {
      if (reader === domain) continue;
      const known = flows.get(`${domain} ${reader}`);
      flows.set(`${domain} ${reader}`, {
        from: `owns ${domain}`,
        to: `reads ${reader}`,
        weight: (known?.weight ?? 0) + 1,
      });
    }
  }
  const links = [...flows.values()];
  const ends = (end: "from" | "to"): GraphNode[] =>
    [...new Set(links.map((link) => link[end]))]
      .sort(compareText)
      .map((id) => ({ id, label: id.slice(id.indexOf(" ") + 1) }));
  return {
    columns: [
      { title: "domain that owns", nodes: ends("from") },
      { title: "domain that reads", nodes: ends("to") },
    ],
    links,
  };
}

function draw({ columns, links }: FlowGraph): string {
  const rows = Math.max(1, ...columns.map(({ nodes }) => nodes.length));
  const width = columns.length * BOX.width + (columns.length - 1) * GAP;
  const height = HEAD + rows * ROW;
  const places = new Map<string, { x: number; y: number }>();
  columns.forEach(({ nodes }, column) => {
    // Each column is spread over the height of the longest one.
    nodes.forEach(
      ({ id }, row) =>
        void places.set(id, {
          x: column * (BOX.width + GAP),
          y: HEAD + ((row + 0.5) * rows * ROW) / nodes.length - BOX.height / 2,
        }),
    );
  });
  const lines = links.map(({ from, to, weight }) => {
    const [start, end] = [places.get(from), places.get(to)];
    if (start === undefined || end === undefined) return "";
    const [x1, y1, x2, y2] = [start.x + BOX.width, start.y + BOX.height / 2, end.x, end.y + BOX.height / 2];
    const bend = GAP / 2;
    return `<path class="flow" data-from="${escapeMarkup(from)}" data-to="${escapeMarkup(to)}" d="M${round(x1)} ${round(y1)}C${round(x1 + bend)} ${round(y1)} ${round(x2 - bend)} ${round(y2)} ${round(x2)} ${round(y2)}" stroke-width="${round(Math.min(8, 1 + Math.log2(weight)))}"/>`;
  });
  const boxes = columns.flatMap(({ title, nodes }, column) => [
    `<text class="head" x="${column * (BOX.width + GAP)}" y="16">${escapeMarkup(title)}</text>`,
    ...nodes.map(({ id, label, href }) => {
      const place = places.get(id) ?? { x: 0, y: 0 };
      const box = `<g class="node" data-id="${escapeMarkup(id)}" tabindex="0"><title>${escapeMarkup(label)}</title><rect x="${round(place.x)}" y="${round(place.y)}" width="${BOX.width}" height="${BOX.height}" rx="4"/><text x="${round(place.x + 8)}" y="${round(place.y + 15)}">${escapeMarkup(shortened(label))}</text></g>`;
      return href === undefined ? box : `<a href="${escapeMarkup(href)}">${box}</a>`;
    }),
  ]);
  return `<svg class="graph" viewBox="0 0 ${width} ${height}" role="group" aria-label="Who produces and consumes what">${lines.join("")}${boxes.join("")}</svg>`;
}

function shortened(label: string): string {
  return label.length > 30 ? `${label.slice(0, 29)}…` : label;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
