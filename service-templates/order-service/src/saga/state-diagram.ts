/** The order's saga as a graph and as a diagram. The graph is found by trying every input in every reachable state. */
import type { SagaInput, SagaState } from "./state-machine.ts";
import { advance, INITIAL_STATE, isCompensating, SAGA_INPUTS } from "./state-machine.ts";

/** An input that leads from one state to another. */
export interface SagaEdge {
  readonly from: SagaState;
  readonly to: SagaState;
  readonly input: SagaInput;
  /** The order's own event that follows. */
  readonly emits?: string;
}

/** Every reachable state of an order, and the edges between states, both in the order in which they are found. */
export interface SagaGraph {
  readonly states: readonly SagaState[];
  readonly edges: readonly SagaEdge[];
}

/** Returns a state as one word; equal for equal states. */
export function stateKey({ status, reason, payment, inventory }: SagaState): string {
  return [status, ...(reason === undefined ? [] : [reason]), payment, inventory].join("_");
}

/** Searches breadth first from the initial state. Inputs that change nothing are not edges. */
export function sagaGraph(): SagaGraph {
  const states = new Map([[stateKey(INITIAL_STATE), INITIAL_STATE]]);
  const edges: SagaEdge[] = [];
  // The iteration of a Map includes entries that are added meanwhile.
  for (const from of states.values()) {
    for (const input of SAGA_INPUTS) {
      const { state: to, steps, emits } = advance(from, input);
      if (steps.length === 0) continue;
      edges.push({ from, to, input, ...(emits === undefined ? {} : { emits }) });
      if (!states.has(stateKey(to))) states.set(stateKey(to), to);
    }
  }
  return { states: [...states.values()], edges };
}

/** States that look the same from outside: the terminal state, its reason, and the pending compensations. */
interface Group {
  readonly id: string;
  readonly title: string;
  readonly status: SagaState["status"];
}

function groupOf(state: SagaState): Group {
  const { status, reason, payment, inventory } = state;
  if (status === "pending") return { id: stateKey(state), title: `payment ${payment}, stock ${inventory}`, status };
  if (status === "confirmed") return { id: "confirmed_end", title: "confirmed", status };
  const undo = [...(payment === "processed" ? ["refund"] : []), ...(inventory === "reserved" ? ["release"] : [])];
  const words = isCompensating(state) ? `${undo.join(" and ")} to come` : "nothing to undo";
  return { id: ["cancelled", reason ?? "", ...undo].join("_"), title: `${reason ?? ""}: ${words}`, status };
}

/** Returns the graph as Mermaid. Each pending state has its own node; terminal states are grouped by pending compensations. */
export function mermaidDiagram({ states, edges }: SagaGraph): string {
  const groups = new Map(states.map((state) => [groupOf(state).id, groupOf(state)]));
  const labels = new Map<string, Set<string>>();
  for (const { from, to, input, emits } of edges) {
    const [start, end] = [groupOf(from).id, groupOf(to).id];
    if (start === end) continue;
    const arrow = `${start} --> ${end}`;
    labels.set(
      arrow,
      (labels.get(arrow) ?? new Set<string>()).add(emits === undefined ? input : `${input} / ${emits}`),
    );
  }
  const inside = [...Map.groupBy(groups.values(), (group) => group.status)].flatMap(([status, members]) => [
    `  state ${status} {`,
    ...members.map(({ id, title }) => `    state "${title}" as ${id}`),
    "  }",
  ]);
  return [
    "stateDiagram-v2",
    "  direction LR",
    ...inside,
    `  [*] --> ${groupOf(INITIAL_STATE).id}: accepted / order.created`,
    ...[...labels].map(([arrow, words]) => `  ${arrow}: ${[...words].join(", ")}`),
  ].join("\n");
}

/** Returns the graph as a table: one line per state, and the next state for each input. */
export function transitionTable({ states, edges }: SagaGraph): string {
  const name = (state: SagaState): string =>
    [state.status, ...(state.reason === undefined ? [] : [state.reason]), state.payment, state.inventory].join(" · ");
  const number = new Map(states.map((state, index) => [stateKey(state), index + 1]));
  const cell = (state: SagaState, input: SagaInput): string => {
    const edge = edges.find((candidate) => candidate.from === state && candidate.input === input);
    if (edge === undefined) return "";
    return `${number.get(stateKey(edge.to)) ?? ""}${edge.emits === undefined ? "" : ` **${edge.emits.replace("order.", "")}**`}`;
  };
  return [
    `| | status · payment · inventory | ${SAGA_INPUTS.join(" | ")} |`,
    `|---|---|${SAGA_INPUTS.map(() => "---|").join("")}`,
    ...states.map(
      (state, index) =>
        `| ${index + 1} | ${name(state)} | ${SAGA_INPUTS.map((input) => cell(state, input)).join(" | ")} |`,
    ),
  ].join("\n");
}
