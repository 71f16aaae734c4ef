import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  begunTopicsFile,
  forgetBegunTopics,
  rememberBegunTopics,
  unconfirmedTopics,
  withoutBegunCreations,
} from "../../../../cli/pulumi/begun-creations.ts";

const topic = (name: string) => ({ urn: `urn::${name}`, type: "kafka:index/topic:Topic", inputs: { name } });

it("takes the records of begun creations out, names the topics among them, and leaves everything else", () => {
  const deleting = { type: "deleting", resource: topic("old") };
  const stack = {
    version: 3,
    deployment: {
      manifest: { time: "t" },
      resources: [topic("there")],
      pending_operations: [
        { type: "creating", resource: topic("orders-b") },
        deleting,
        { type: "creating", resource: topic("orders-a") },
        {
          type: "creating",
          resource: {
            urn: "urn::user",
            type: "kafka:index/userScramCredential:UserScramCredential",
            inputs: { name: "nobody" },
          },
        },
      ],
    },
  };
  const mended = withoutBegunCreations(stack);
  expect(mended.topics).toEqual(["orders-a", "orders-b"]);
  expect(mended.removed).toBe(3);
  expect(mended.stack).toEqual({ ...stack, deployment: { ...stack.deployment, pending_operations: [deleting] } });
});

it("gives a stack without such records back as it is", () => {
  for (const deployment of [
    { resources: [topic("there")] },
    { resources: [], pending_operations: null },
    { pending_operations: [{ type: "updating", resource: topic("a") }] },
  ]) {
    const stack = { deployment };
    expect(withoutBegunCreations(stack)).toEqual({ stack, topics: [], removed: 0 });
  }
});

it("remembers names over several crashes until a run succeeds", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "begun-"));
  try {
    await rememberBegunTopics(stateDir, ["b"]);
    await rememberBegunTopics(stateDir, []);
    await rememberBegunTopics(stateDir, ["a", "b"]);
    expect(JSON.parse(await readFile(begunTopicsFile(stateDir), "utf8"))).toEqual(["a", "b"]);
    await forgetBegunTopics(stateDir);
    await expect(readFile(begunTopicsFile(stateDir))).rejects.toThrow();
    await forgetBegunTopics(stateDir);
  } finally {
    await rm(stateDir, { recursive: true });
  }
});

it("counts a topic as begun whose creation failed otherwise than because it was there", () => {
  const failure = (type: string, name: string, message: string) => ({
    urn: `urn:pulumi:local::p::platform:kafka:Topics$${type}::${name}`,
    what: name,
    messages: [message],
  });
  expect(
    unconfirmedTopics([
      failure("kafka:index/topic:Topic", "orders-b", "kafka: broker not connected"),
      failure("kafka:index/topic:Topic", "taken", "kafka server: Topic with this name already exists"),
      failure("kafka:index/acl:Acl", "rule", "kafka: broker not connected"),
      failure("kafka:index/topic:Topic", "orders-a", "context canceled"),
    ]),
  ).toEqual(["orders-a", "orders-b"]);
});
