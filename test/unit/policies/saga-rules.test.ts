import { describe, expect, it } from "vitest";
import { findingsOfExample } from "./example-project.ts";

/** What the rule on compensation says about a saga whose step `payment` is this, and that has a further step where one is given. */
function broken(payment: string, further = "null"): readonly string[] {
  return findingsOfExample(
    { domain: `sagas: {order: {steps: {payment: ${payment}, second: ${further}}}}` },
    "saga-compensation",
  )
    .filter(({ rule }) => rule === "saga-compensation" || rule === "saga-reply")
    .map(({ message }) => message);
}

describe("the point of no return of a saga", () => {
  it("may fail, and needs nothing that undoes it", () => {
    expect(broken("{pivot: true, compensation: null}")).toEqual([]);
  });

  it("is told to the coordinator when it fails, like every failure", () => {
    expect(broken("{pivot: true, compensation: null, failure: [order.created]}").join()).toMatch(
      /order-service does not|payment-service does not publish/,
    );
  });

  it.each([
    ["with something that undoes it", "{pivot: true}", "null", /is the pivot but declares a compensation/],
    [
      "that comes after itself",
      "{pivot: true, retriable: true, compensation: null}",
      "null",
      /is the pivot and also comes after it/,
    ],
    [
      "beside another one",
      "{pivot: true, compensation: null}",
      "{service: payment-service, command: order.created, success: [payment.processed], pivot: true}",
      /so is second/,
    ],
  ])("%s is refused", (_, payment, further, says) => {
    expect(broken(payment, further).join("\n")).toMatch(says);
  });

  it("is what a step must be that can fail and is declared to be repeated until it succeeds", () => {
    expect(broken("{retriable: true, compensation: null}").join("\n")).toMatch(
      /is retried until it succeeds, but declares failures \(payment\.failed\)/,
    );
  });
});
