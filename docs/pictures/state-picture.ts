/**
 * The order's saga as an SVG: a grid for each status, payment's outcome from left to right, inventory's from
 * top to bottom. Every state and every arrow comes from the graph; only the places of the grids are laid out here.
 */
import type { SagaEdge, SagaGraph } from "../../service-templates/order-service/src/saga/state-diagram.ts";
import { stateKey } from "../../service-templates/order-service/src/saga/state-diagram.ts";
import type {
  InventoryOutcome,
  PaymentOutcome,
  SagaState,
} from "../../service-templates/order-service/src/saga/state-machine.ts";
import { INITIAL_STATE, isCompensating } from "../../service-templates/order-service/src/saga/state-machine.ts";

/** In this order every arrow goes to the right or down. */
const PAYMENTS: readonly PaymentOutcome[] = ["pending", "failed", "processed", "refunded"];
const INVENTORIES: readonly InventoryOutcome[] = ["pending", "insufficient", "reserved", "released"];

const CELL = { width: 126, height: 44 };
const GAP = { x: 50, y: 48 };
/** Room within a grid's frame, before its first cell and behind its last. */
const BEFORE = { x: 56, y: 64 };
const BEHIND = 20;
const WIDTH = 1300;
const HEIGHT = 1576;

interface Grid {
  readonly id: string;
  readonly title: string;
  readonly x: number;
  readonly y: number;
  readonly columns: readonly PaymentOutcome[];
  readonly rows: readonly InventoryOutcome[];
}

/** Where each grid stands; its columns and rows follow from the states that fall into it. */
const PLACES: Readonly<Record<string, { readonly title: string; readonly x: number; readonly y: number }>> = {
  pending: { title: "pending", x: 24, y: 64 },
  confirmed: { title: "confirmed", x: 772, y: 64 },
  timed_out: { title: "timed_out", x: 48, y: 524 },
  payment_declined: { title: "payment_declined", x: 800, y: 524 },
  payment_unavailable: { title: "payment_unavailable", x: 1022, y: 524 },
  insufficient_stock: { title: "insufficient_stock", x: 48, y: 948 },
  undeliverable: { title: "undeliverable", x: 48, y: 1096 },
};

/** Arrows between grids: their course, and where their words stand. */
const COURSES: Readonly<
  Record<
    string,
    { readonly path: string; readonly x: number; readonly y: number; readonly anchor: "start" | "middle" | "end" }
  >
> = {
  "pending confirmed": { path: "M578 210 H768", x: 674, y: 196, anchor: "middle" },
  "pending timed_out": { path: "M440 376 V520", x: 452, y: 448, anchor: "start" },
  "pending payment_declined": {
    path: "M540 376 V406 Q540 416 550 416 H891 Q901 416 901 426 V520",
    x: 720,
    y: 411,
    anchor: "middle",
  },
  "pending payment_unavailable": {
    path: "M560 376 V382 Q560 392 570 392 H1113 Q1123 392 1123 402 V520",
    x: 790,
    y: 386,
    anchor: "middle",
  },
  "pending insufficient_stock": {
    path: "M80 376 V448 Q80 458 70 458 H46 Q36 458 36 468 V1024 Q36 1034 44 1034",
    x: 92,
    y: 448,
    anchor: "start",
  },
  "pending undeliverable": {
    path: "M60 376 V428 Q60 438 50 438 H39 Q29 438 29 448 V1288 Q29 1298 44 1298",
    x: 92,
    y: 418,
    anchor: "start",
  },
  "confirmed undeliverable": {
    path: "M1150 174 H1246 Q1256 174 1256 184 V1288 Q1256 1298 1246 1298 H782",
    x: 1010,
    y: 1288,
    anchor: "middle",
  },
};

/**
 * Draws the graph.
 * @throws {Error} when the code has a state or an arrow for which there is no place yet.
 */
export function statePicture({ states, edges }: SagaGraph): string {
  const grids = [...Map.groupBy(states, gridOf)].map(([id, members]) => gridFor(id, members));
  const inner = edges.filter((edge) => gridOf(edge.from) === gridOf(edge.to));
  const outer = Map.groupBy(
    edges.filter((edge) => gridOf(edge.from) !== gridOf(edge.to)),
    (edge) => `${gridOf(edge.from)} ${gridOf(edge.to)}`,
  );
  const gridWith = (state: SagaState): Grid => {
    const grid = grids.find((candidate) => candidate.id === gridOf(state));
    if (grid === undefined) throw new Error(`${stateKey(state)} is in no grid.`);
    return grid;
  };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-labelledby="title desc">`,
    '  <title id="title">The states of an order</title>',
    `  <desc id="desc">${states.length} states and ${edges.length} transitions, generated from the state machine that runs. A pending order is confirmed when payment and inventory are both good, and cancelled when either is bad or an answer does not come in time; a confirmed order is cancelled when no carrier takes it; what had been done for a cancelled order is undone.</desc>`,
    STYLE,
    `  <rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `  <text x="24" y="34" class="h">The states of an order: ${states.length} states, ${edges.length} transitions</text>`,
    '  <text x="24" y="52" class="s">Payment answers from left to right, inventory from top to bottom, in any order. The same answer again changes nothing.</text>',
    `  <rect class="frame" x="24" y="484" width="${WIDTH - 48}" height="1036"/>`,
    '  <text class="h" x="48" y="510">cancelled: services undo what they did</text>',
    ...grids.map(drawFrame),
    ...inner.map((edge) => drawInner(edge, gridWith(edge.from))),
    ...states.map((state) => drawState(state, gridWith(state))),
    ...[...outer].map(([course, members]) => drawOuter(course, members)),
    legend(),
    "</svg>",
    "",
  ].join("\n");
}

function gridOf(state: SagaState): string {
  return state.reason ?? state.status;
}

function gridFor(id: string, members: readonly SagaState[]): Grid {
  const place = PLACES[id];
  if (place === undefined) throw new Error(`The picture has no place for the states "${id}"; add one to PLACES.`);
  return {
    id,
    ...place,
    columns: PAYMENTS.filter((payment) => members.some((state) => state.payment === payment)),
    rows: INVENTORIES.filter((inventory) => members.some((state) => state.inventory === inventory)),
  };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Upper left corner of a state. */
function corner(state: SagaState, grid: Grid): Point {
  return {
    x: grid.x + BEFORE.x + grid.columns.indexOf(state.payment) * (CELL.width + GAP.x),
    y: grid.y + BEFORE.y + grid.rows.indexOf(state.inventory) * (CELL.height + GAP.y),
  };
}

function drawFrame(grid: Grid): string {
  const width = BEFORE.x + grid.columns.length * (CELL.width + GAP.x) - GAP.x + BEHIND;
  const height = BEFORE.y + grid.rows.length * (CELL.height + GAP.y) - GAP.y + BEHIND;
  return `  <rect class="grid ${grid.id}" x="${grid.x}" y="${grid.y}" width="${width}" height="${height}"/><text class="h" x="${grid.x + 14}" y="${grid.y + 24}">${grid.title}</text>`;
}

function drawState(state: SagaState, grid: Grid): string {
  const { x, y } = corner(state, grid);
  const middle = x + CELL.width / 2;
  const kind = [
    state.status,
    ...(isCompensating(state) ? ["undo"] : []),
    ...(state === INITIAL_STATE ? ["first"] : []),
  ].join(" ");
  return (
    `  <rect class="state ${kind}" x="${x}" y="${y}" width="${CELL.width}" height="${CELL.height}"/>` +
    `<text x="${middle}" y="${y + 19}" text-anchor="middle">payment ${state.payment}</text><text x="${middle}" y="${y + 35}" text-anchor="middle">stock ${state.inventory}</text>`
  );
}

/** Straight between neighbours; past others in an arc above them, or to their left. */
function drawInner(edge: SagaEdge, grid: Grid): string {
  const [from, to] = [corner(edge.from, grid), corner(edge.to, grid)];
  const kind = kindOf(edge);
  const { width, height } = CELL;
  if (edge.from.inventory === edge.to.inventory) {
    const distance = Math.round((to.x - from.x) / (width + GAP.x));
    if (distance === 1) return arrow(kind, `M${from.x + width} ${from.y + height / 2} H${to.x - 2}`);
    const [start, end] = [from.x + width * (distance === 2 ? 0.72 : 0.6), to.x + width * (distance === 2 ? 0.3 : 0.45)];
    const top = from.y - 12 - 12 * distance;
    return arrow(
      kind,
      `M${round(start)} ${from.y} C${round(start + 30)} ${top} ${round(end - 30)} ${top} ${round(end)} ${to.y - 2}`,
    );
  }
  const distance = Math.round((to.y - from.y) / (height + GAP.y));
  if (distance === 1) return arrow(kind, `M${from.x + width / 2} ${from.y + height} V${to.y - 2}`);
  const [start, end] = [from.y + height * (distance === 2 ? 0.72 : 0.5), to.y + height * (distance === 2 ? 0.3 : 0.6)];
  const left = from.x - 14 - 14 * distance;
  return arrow(
    kind,
    `M${from.x} ${round(start)} C${left} ${round(start + 16)} ${left} ${round(end - 16)} ${to.x - 2} ${round(end)}`,
  );
}

function drawOuter(course: string, edges: readonly SagaEdge[]): string {
  const route = COURSES[course];
  if (route === undefined) throw new Error(`The picture has no course for arrows "${course}"; add one to COURSES.`);
  const inputs = [...new Set(edges.map((edge) => edge.input))];
  const emitted = [...new Set(edges.flatMap((edge) => edge.emits ?? []))];
  const lines = [
    inputs.length === 1 ? inputs.join("") : `${inputs.join(", ")}: the last of them`,
    ...emitted.map((event) => `→ ${event}`),
  ];
  const words = (
    inputs.length === 1
      ? [lines.join(" ")]
      : [...inputs.map((input, index) => (index === 0 ? input : `and ${input}`)), ...lines.slice(1)]
  ).map(
    (line, index, all) =>
      `<text class="b" x="${route.x}" y="${route.y - (all.length - 1 - index) * 15}" text-anchor="${route.anchor}">${line}</text>`,
  );
  return `${arrow("end", route.path)}${words.join("")}`;
}

function kindOf({ from, input }: SagaEdge): string {
  if (input === "payment.refunded" || input === "inventory.released") return "compensation";
  return from.status === "pending" ? "answer" : "late";
}

function arrow(kind: string, path: string): string {
  return `  <path class="arrow ${kind}" d="${path}" marker-end="url(#${kind})"/>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const COLOURS: Readonly<Record<string, string>> = {
  answer: "#2563eb",
  late: "#94a3b8",
  compensation: "#ea580c",
  end: "#0f172a",
};

const STYLE = `  <style>
    text{fill:#0f172a}
    .h{font-size:14px;font-weight:600}
    .s{fill:#475569}
    .b{font-weight:600}
    .frame{fill:#fff7ed;stroke:#fdba74;rx:12}
    .grid{fill:#ffffff;stroke:#cbd5e1;rx:10}
    .grid.confirmed{fill:#f0fdf4;stroke:#86efac}
    .grid.pending{fill:#eff6ff;stroke:#93c5fd}
    .state{fill:#ffffff;stroke:#64748b;stroke-width:1.2;rx:8}
    .state.pending{stroke:#2563eb}
    .state.confirmed{stroke:#16a34a}
    .state.undo{fill:#ffedd5;stroke:#ea580c;stroke-width:2}
    .state.first{stroke-width:3}
    .arrow{fill:none;stroke-width:1.5}
    .arrow.end{stroke-width:2.4}
    .arrow.compensation{stroke-dasharray:5 3}
${Object.entries(COLOURS)
  .map(([kind, colour]) => `    .arrow.${kind}{stroke:${colour}}`)
  .join("\n")}
  </style>
  <defs>
${Object.entries(COLOURS)
  .map(
    ([kind, colour]) =>
      `    <marker id="${kind}" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L10 5L0 10z" fill="${colour}"/></marker>`,
  )
  .join("\n")}
  </defs>`;

function legend(): string {
  const y = HEIGHT - 34;
  const line = (x: number, kind: string, words: string): string =>
    `${arrow(kind, `M${x} ${y} h34`)}<text x="${x + 42}" y="${y + 4}">${words}</text>`;
  return [
    line(24, "answer", "an answer"),
    line(150, "end", "the saga ends, and says so in an event"),
    line(436, "late", "an answer after the end"),
    line(634, "compensation", "what had been done is undone"),
    `  <rect class="state undo" x="868" y="${y - 10}" width="34" height="20"/><text x="910" y="${y + 4}">something is still to be undone</text>`,
  ].join("\n");
}
