import { describe, expect, it } from "vitest";
import type { EngineEvent } from "../../../../cli/pulumi/events.ts";
import { parseEvent, plainText, urnName, urnType } from "../../../../cli/pulumi/events.ts";
import {
  failures,
  groupOf,
  INITIAL_PROGRESS,
  notableWarnings,
  openLines,
  progressLines,
  reduceEvent,
} from "../../../../cli/pulumi/progress.ts";

const urn = (type: string, name: string): string =>
  `urn:pulumi:local::event-platform::platform:local:Substrate$${type}::${name}`;

function pre(type: string, name: string, role?: string, op = "create"): EngineEvent {
  return {
    resourcePreEvent: {
      metadata: { op, urn: urn(type, name), type, new: { inputs: role === undefined ? {} : { role } } },
    },
  };
}

function done(type: string, name: string, op = "create"): EngineEvent {
  return { resOutputsEvent: { metadata: { op, urn: urn(type, name), type } } };
}

function failed(type: string, name: string): EngineEvent {
  return { resOpFailedEvent: { metadata: { op: "create", urn: urn(type, name), type } } };
}

function said(severity: string, message: string, on?: string, ephemeral = false): EngineEvent {
  return { diagnosticEvent: { severity, message, ephemeral, ...(on === undefined ? {} : { urn: on }) } };
}

const reduce = (...events: EngineEvent[]) => events.reduce(reduceEvent, INITIAL_PROGRESS);

describe("progress of a run", () => {
  it("counts processes by role and shows what is ready", () => {
    const progress = reduce(
      pre("kit:index:Process", "kafka-broker-0", "broker"),
      pre("kit:index:Process", "kafka-broker-1", "broker"),
      pre("kit:index:Process", "postgres", "database"),
      done("kit:index:Process", "kafka-broker-0"),
    );
    expect(progressLines(progress)).toEqual(["Kafka brokers 1/2 ready", "PostgreSQL 0/1 ready"]);
  });

  it("takes the larger of what is expected and what was seen as the total", () => {
    const progress = reduce(
      pre("kafka:index/topic:Topic", "a"),
      pre("kafka:index/topic:Topic", "b"),
      done("kafka:index/topic:Topic", "a"),
    );
    expect(progressLines(progress, { topics: 11 })).toEqual(["Topics 1/11"]);
    expect(progressLines(progress, { topics: 1 })).toEqual(["Topics 1/2"]);
  });

  it("counts a replacement, which comes as several steps, as one resource", () => {
    const type = "kafka:index/acl:Acl";
    const progress = reduce(
      pre(type, "x", undefined, "replace"),
      pre(type, "x", undefined, "create-replacement"),
      done(type, "x", "create-replacement"),
    );
    expect(progressLines(progress)).toEqual(["Access rules 1/1"]);
  });

  it("tells changed from unchanged", () => {
    const type = "kafka:index/topic:Topic";
    const progress = reduce(
      pre(type, "a", undefined, "same"),
      done(type, "a", "same"),
      pre(type, "b", undefined, "update"),
      done(type, "b", "update"),
    );
    expect(progress.groups.topics).toEqual({ seen: 2, done: 2, changed: 1 });
  });

  it("leaves finished groups out of what is waited for", () => {
    const progress = reduce(
      pre("kit:index:Process", "c", "controller"),
      done("kit:index:Process", "c"),
      pre("kit:index:Process", "b", "broker"),
    );
    expect(openLines(progress)).toEqual(["Kafka brokers 0/1 ready"]);
  });

  it.each(["pulumi:pulumi:Stack", "pulumi:providers:kafka", "platform:kafka:LocalCluster"])(
    "does not count %s",
    (type) => {
      expect(groupOf({ op: "create", urn: urn(type, "x"), type })).toBeUndefined();
    },
  );

  it("takes the role of a deleted process from its old state", () => {
    expect(
      groupOf({ op: "delete", urn: "u", type: "kit:index:Process", new: null, old: { inputs: { role: "service" } } }),
    ).toBe("service");
  });

  it("ignores a step that ends without having begun", () => {
    expect(reduce(done("kafka:index/topic:Topic", "a"))).toEqual(INITIAL_PROGRESS);
  });

  it("keeps the engine's sum of changes", () => {
    expect(reduce({ summaryEvent: { resourceChanges: { same: 3, create: 1 } } }).changes).toEqual({
      same: 3,
      create: 1,
    });
    expect(reduce({ summaryEvent: { resourceChanges: null } }).changes).toEqual({});
  });
});

describe("what went wrong", () => {
  const broker = urn("kit:index:Process", "kafka-broker-0");

  it("names the failing resource with its provider's words, without colour, and drops the engine's echo", () => {
    const progress = reduce(
      pre("kit:index:Process", "kafka-broker-0", "broker"),
      said("error", "<{%reset%}>port 17100 is taken by process 4711<{%reset%}>\n", broker),
      failed("kit:index:Process", "kafka-broker-0"),
      said("error", "<{%reset%}>update failed<{%reset%}>", urn("pulumi:pulumi:Stack", "event-platform-local")),
      said("error", "update failed"),
    );
    expect(failures(progress)).toEqual([
      { urn: broker, what: 'kit:index:Process "kafka-broker-0"', messages: ["port 17100 is taken by process 4711"] },
    ]);
    expect(progress.running).toEqual({});
  });

  it("says each thing once", () => {
    expect(failures(reduce(said("error", "no", broker), said("error", "no\n", broker)))[0]?.messages).toEqual(["no"]);
  });

  it("shows the program's own error without preface and stack frames", () => {
    const message =
      "Running program '/x/index.ts' failed with an unhandled exception:\nError: the platform is wrong\nand here is why\n    at file:///x/index.ts:4:33\n    at ModuleJob.run (node:internal/modules/esm/module_job:561:25)";
    expect(failures(reduce(said("error", message)))).toEqual([
      { urn: "", what: "the program", messages: ["the platform is wrong\nand here is why"] },
    ]);
  });

  it("counts a mandatory policy violation as an error and an advisory one not", () => {
    const violation = (enforcementLevel: string): EngineEvent => ({
      policyEvent: { resourceUrn: broker, policyName: "min-isr", message: "too low", enforcementLevel },
    });
    expect(failures(reduce(violation("mandatory")))[0]?.messages).toEqual(["min-isr: too low"]);
    expect(failures(reduce(violation("advisory")))).toEqual([]);
  });

  it("passes over ephemeral words and warnings of the offline set-up", () => {
    const progress = reduce(
      said("error", "retrying", broker, true),
      said("warning", "using pulumi-language-nodejs from $PATH at /x"),
      said("warning", "disk is slow"),
      said("warning", "disk is slow"),
    );
    expect(failures(progress)).toEqual([]);
    expect(notableWarnings(progress)).toEqual(["disk is slow"]);
  });
});

it("takes the innermost text of a bridged provider's error, which is said twice", () => {
  const acl = urn("kafka:index/acl:Acl", "a");
  const progress = reduce(
    said("error", "  sdk-v2/provider2.go:571: sdk.helper_schema: ACL x was not visible: provider=kafka@3.13.2", acl),
    said("error", `1 error occurred:\n\t* creating ${acl}: 1 error occurred:\n\t* ACL x was not visible\n\n`, acl),
  );
  expect(failures(progress)[0]?.messages).toEqual(["ACL x was not visible"]);
});

it("says what to do about a topic that somebody else made", () => {
  const taken = urn("kafka:index/topic:Topic", "taken");
  const exists = "kafka server: Topic with this name already exists";
  const [failure] = failures(reduce(said("error", exists, taken)));
  expect(failure?.messages[0]).toBe(exists);
  expect(failure?.messages[1]).toMatch(/`npx kit import`/);
});

describe("reading events", () => {
  it.each(["", "  ", '{"sequence":', "42", "null"])("passes over %j", (line) => {
    expect(parseEvent(line)).toBeUndefined();
  });

  it("takes a name that holds the separator", () => {
    expect(urnName("urn:pulumi:local::p::kafka:index/acl:Acl::a::b")).toBe("a::b");
    expect(urnType(urn("kafka:index/acl:Acl", "x"))).toBe("kafka:index/acl:Acl");
  });

  it("strips colour of both kinds", () => {
    expect(plainText("<{%fg 1%}>red<{%reset%}> \u001b[31mtoo\u001b[0m\n")).toBe("red too");
  });
});
