import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SagaInput, SagaState } from "../../../service-templates/order-service/src/saga/state-machine.ts";
import { advance, INITIAL_STATE, isCompensating, SAGA_INPUTS } from "../../../service-templates/order-service/src/saga/state-machine.ts";

function run(inputs: readonly SagaInput[]): { state: SagaState; steps: string[]; emitted: string[] } {
  let state = INITIAL_STATE;
  const steps: string[] = [];
  const emitted: string[] = [];
  for (const input of inputs) {
    const transition = advance(state, input);
    state = transition.state;
    steps.push(...transition.steps);
    if (transition.emits !== undefined) emitted.push(transition.emits);
  }
  return { state, steps, emitted };
}

describe("the saga's state machine", () => {
  it.each<[string, SagaInput[], Partial<SagaState>, string[]]>([
    ["both good", ["payment.processed", "inventory.reserved"], { status: "confirmed" }, ["order.confirmed"]],
    ["both good, the other way round", ["inventory.reserved", "payment.processed"], { status: "confirmed" }, ["order.confirmed"]],
    ["declined", ["payment.failed"], { status: "cancelled", reason: "payment_declined" }, ["order.cancelled"]],
    ["declined after the reservation", ["inventory.reserved", "payment.failed", "inventory.released"], { status: "cancelled", inventory: "released" }, ["order.cancelled"]],
    ["too little stock after the payment", ["payment.processed", "inventory.insufficient", "payment.refunded"], { status: "cancelled", reason: "insufficient_stock", payment: "refunded" }, ["order.cancelled"]],
    ["both bad: the first decides", ["inventory.insufficient", "payment.failed"], { status: "cancelled", reason: "insufficient_stock", payment: "failed" }, ["order.cancelled"]],
    ["too late, then good answers", ["timeout", "payment.processed", "inventory.reserved"], { status: "cancelled", reason: "timed_out", payment: "processed", inventory: "reserved" }, ["order.cancelled"]],
    ["a time-out after the end", ["payment.processed", "inventory.reserved", "timeout"], { status: "confirmed" }, ["order.confirmed"]],
    ["a refund that overtook the payment", ["timeout", "payment.refunded", "payment.processed"], { status: "cancelled", payment: "refunded" }, ["order.cancelled"]],
  ])("%s", (_name, inputs, expected, emitted) => {
    const result = run(inputs);
    expect(result.state).toMatchObject(expected);
    expect(result.emitted).toEqual(emitted);
  });

  const anyInputs = fc.array(fc.constantFrom(...SAGA_INPUTS), { maxLength: 30 });

  it("ends at most once and never changes its mind", () => {
    fc.assert(fc.property(anyInputs, (inputs) => {
      const { emitted, steps } = run(inputs);
      expect(emitted.length).toBeLessThanOrEqual(1);
      expect(new Set(steps).size).toBe(steps.length);
    }));
  });

  it("ends with a time-out whatever came before", () => {
    fc.assert(fc.property(anyInputs, (inputs) => {
      expect(run([...inputs, "timeout"]).state.status).not.toBe("pending");
    }));
  });

  it("is confirmed only with both good, and keeps the reason exactly when cancelled", () => {
    fc.assert(fc.property(anyInputs, (inputs) => {
      const { state, emitted } = run(inputs);
      expect(state.reason !== undefined).toBe(state.status === "cancelled");
      if (emitted.includes("order.confirmed")) expect(["processed", "refunded"]).toContain(state.payment);
    }));
  });

  it("says nothing new to an input that comes again", () => {
    fc.assert(fc.property(anyInputs, fc.constantFrom(...SAGA_INPUTS), (inputs, again) => {
      const first = run([...inputs, again]);
      const second = advance(first.state, again);
      expect(second.steps).toEqual([]);
      expect(second.state).toEqual(first.state);
    }));
  });

  it("has nothing left to undo once the participants were told", () => {
    fc.assert(fc.property(anyInputs, (inputs) => {
      const told = run([...inputs, "timeout", "payment.refunded", "inventory.released"]);
      if (told.state.status === "cancelled") expect(isCompensating(told.state)).toBe(false);
    }));
  });
});
