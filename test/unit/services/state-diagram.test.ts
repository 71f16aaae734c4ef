import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generatedFiles, REGENERATE } from "../../../docs/pictures/generate.ts";
import { statePicture } from "../../../docs/pictures/state-picture.ts";
import {
  mermaidDiagram,
  sagaGraph,
  stateKey,
  transitionTable,
} from "../../../service-templates/order-service/src/saga/state-diagram.ts";
import type { SagaState } from "../../../service-templates/order-service/src/saga/state-machine.ts";
import {
  advance,
  INITIAL_STATE,
  SAGA_INPUTS,
} from "../../../service-templates/order-service/src/saga/state-machine.ts";

const PROJECT = join(import.meta.dirname, "..", "..", "..");
const graph = sagaGraph();

describe("the graph of the order's saga", () => {
  it("is closed: every input in every state leads to a state of the graph, by an edge or by nothing", () => {
    const keys = new Set(graph.states.map(stateKey));
    expect(keys.size).toBe(graph.states.length);
    for (const state of graph.states) {
      for (const input of SAGA_INPUTS) {
        const { state: to, steps } = advance(state, input);
        expect(keys).toContain(stateKey(to));
        expect(graph.edges.filter((edge) => edge.from === state && edge.input === input)).toHaveLength(
          steps.length === 0 ? 0 : 1,
        );
      }
    }
  });

  it("ends every order once: only a failed shipment leads out of an end, and each way into one says so in an event", () => {
    for (const { from, to, input, emits } of graph.edges) {
      if (from.status === "pending") expect(emits).toBe(to.status === "pending" ? undefined : `order.${to.status}`);
      else if (from.status === "confirmed" && input === "shipment.failed")
        expect({ status: to.status, reason: to.reason, emits }).toEqual({
          status: "cancelled",
          reason: "undeliverable",
          emits: "order.cancelled",
        });
      else
        expect({ status: to.status, reason: to.reason, emits }).toEqual({
          status: from.status,
          reason: from.reason,
          emits: undefined,
        });
    }
  });

  it("reaches an end from every state, and goes round in no circle", () => {
    const left = new Set(graph.states.map(stateKey));
    // A state without a way to a state that is left has none to itself.
    for (let before = -1; before !== left.size; ) {
      before = left.size;
      for (const key of left)
        if (graph.edges.every(({ from, to }) => stateKey(from) !== key || !left.has(stateKey(to)))) left.delete(key);
    }
    expect([...left]).toEqual([]);
    for (const state of graph.states.filter(({ status }) => status === "pending"))
      expect(graph.edges.some(({ from, to }) => from === state && to.status !== "pending")).toBe(true);
  });
});

describe("its pictures", () => {
  it("are those that are committed", async () => {
    for (const [path, text] of await generatedFiles(PROJECT)) {
      expect(
        readFileSync(join(PROJECT, path), "utf8") === text,
        `${path} is out of date; write it with: ${REGENERATE}`,
      ).toBe(true);
    }
  });

  it("show every state and every arrow", () => {
    const picture = statePicture(graph);
    expect(picture.match(/class="state (?!undo")/g)).toHaveLength(graph.states.length);
    const within = graph.edges.filter(({ from, to }) => from.status === to.status);
    // And six ways to an end from pending, one from confirmed; the legend has one arrow of each of the four kinds.
    expect(picture.match(/class="arrow /g)).toHaveLength(within.length + 7 + 4);
    expect(transitionTable(graph).split("\n")).toHaveLength(graph.states.length + 2);
    expect(mermaidDiagram(graph)).toContain(`[*] --> ${stateKey(INITIAL_STATE)}`);
  });

  it("do not hide a state they have no place for", () => {
    const unknown: SagaState = {
      status: "cancelled",
      payment: "pending",
      inventory: "pending",
      reason: "lost" as SagaState["reason"] & string,
    };
    expect(() => statePicture({ states: [...graph.states, unknown], edges: graph.edges })).toThrow(
      /no place for the states "lost"/,
    );
  });
});
