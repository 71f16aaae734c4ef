import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SagaInput, SagaState } from "../../../service-templates/order-service/src/saga/state-machine.ts";
import {
  advance,
  INITIAL_STATE,
  isCompensating,
  SAGA_INPUTS,
} from "../../../service-templates/order-service/src/saga/state-machine.ts";

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
    [
      "both good, the other way round",
      ["inventory.reserved", "payment.processed"],
      { status: "confirmed" },
      ["order.confirmed"],
    ],
    ["declined", ["payment.failed"], { status: "cancelled", reason: "payment_declined" }, ["order.cancelled"]],
    [
      "declined after the reservation",
      ["inventory.reserved", "payment.failed", "inventory.released"],
      { status: "cancelled", inventory: "released" },
      ["order.cancelled"],
    ],
    [
      "too little stock after the payment",
      ["payment.processed", "inventory.insufficient", "payment.refunded"],
      { status: "cancelled", reason: "insufficient_stock", payment: "refunded" },
      ["order.cancelled"],
    ],
    [
      "both bad: the first decides",
      ["inventory.insufficient", "payment.failed"],
      { status: "cancelled", reason: "insufficient_stock", payment: "failed" },
      ["order.cancelled"],
    ],
    [
      "too late, then good answers",
      ["timeout", "payment.processed", "inventory.reserved"],
      { status: "cancelled", reason: "timed_out", payment: "processed", inventory: "reserved" },
      ["order.cancelled"],
    ],
    [
      "a timeout after the end",
      ["payment.processed", "inventory.reserved", "timeout"],
      { status: "confirmed" },
      ["order.confirmed"],
    ],
    [
      "no carrier takes it",
      ["payment.processed", "inventory.reserved", "shipment.failed", "payment.refunded", "inventory.released"],
      { status: "cancelled", reason: "undeliverable", payment: "refunded", inventory: "released" },
      ["order.confirmed", "order.cancelled"],
    ],
    [
      "no carrier takes an order that was cancelled",
      ["timeout", "shipment.failed"],
      { status: "cancelled", reason: "timed_out" },
      ["order.cancelled"],
    ],
    [
      "no carrier takes an order that is not known to be confirmed",
      ["payment.processed", "shipment.failed", "inventory.reserved"],
      { status: "cancelled", reason: "undeliverable" },
      ["order.cancelled"],
    ],
    [
      "an outage of the provider",
      ["payment.unavailable"],
      { status: "cancelled", reason: "payment_unavailable", payment: "failed" },
      ["order.cancelled"],
    ],
    [
      "a refund that overtook the payment",
      ["timeout", "payment.refunded", "payment.processed"],
      { status: "cancelled", payment: "refunded" },
      ["order.cancelled"],
    ],
  ])("%s", (_name, inputs, expected, emitted) => {
    const result = run(inputs);
    expect(result.state).toMatchObject(expected);
    expect(result.emitted).toEqual(emitted);
  });

  const anyInputs = fc.array(fc.constantFrom(...SAGA_INPUTS), { maxLength: 30 });

  it("ends at most once; after confirmed only a failed shipment cancels it, and nothing revives it", () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const { state, emitted, steps } = run(inputs);
        if (emitted.length > 1)
          expect({ emitted, reason: state.reason }).toEqual({
            emitted: ["order.confirmed", "order.cancelled"],
            reason: "undeliverable",
          });
        expect(state.status).toBe(emitted.at(-1)?.split(".").at(-1) ?? "pending");
        expect(new Set(steps).size).toBe(steps.length);
      }),
    );
  });

  it("ends with a timeout whatever came before", () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        expect(run([...inputs, "timeout"]).state.status).not.toBe("pending");
      }),
    );
  });

  it("is never left confirmed once its shipment failed, in whatever order the answers come", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...SAGA_INPUTS], { minLength: SAGA_INPUTS.length }),
        fc.nat({ max: SAGA_INPUTS.length }),
        (order, length) => {
          const inputs = order.slice(0, length);
          if (inputs.includes("shipment.failed")) expect(run(inputs).state.status).toBe("cancelled");
        },
      ),
    );
  });

  it("is confirmed only with both good, and keeps the reason exactly when cancelled", () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const { state, emitted } = run(inputs);
        expect(state.reason !== undefined).toBe(state.status === "cancelled");
        if (emitted.includes("order.confirmed")) expect(["processed", "refunded"]).toContain(state.payment);
      }),
    );
  });

  it("says nothing new to an input that comes again", () => {
    fc.assert(
      fc.property(anyInputs, fc.constantFrom(...SAGA_INPUTS), (inputs, again) => {
        const first = run([...inputs, again]);
        const second = advance(first.state, again);
        expect(second.steps).toEqual([]);
        expect(second.state).toEqual(first.state);
      }),
    );
  });

  it("has nothing left to undo once the participants were told", () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const told = run([...inputs, "timeout", "payment.refunded", "inventory.released"]);
        if (told.state.status === "cancelled") expect(isCompensating(told.state)).toBe(false);
      }),
    );
  });
});
