import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import {
  answered,
  LostAnswer,
  onClientFault,
  takeClientFault,
} from "../../../../service-templates/lib/kafka/client-faults.ts";

const LIB = resolve(import.meta.dirname, "../../../../service-templates/lib");
const run = promisify(execFile);

/** An error as if it were thrown at this place. */
function thrownAt(place: string): TypeError {
  const error = new TypeError("Cannot read properties of undefined (reading 'id')");
  error.stack = `TypeError: ${error.message}\n    at #topicIdsById (${place}:479:30)\n    at TLSSocket.emit (node:events:514:28)`;
  return error;
}

const IN_CLIENT = thrownAt("file:///app/node_modules/@platformatic/kafka/dist/clients/consumer/consumer.js");

describe("faults of the Kafka client", () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  it("reach the holder of a client until it lets go of it", () => {
    const seen: Error[] = [];
    const end = onClientFault((fault) => seen.push(fault));
    expect(takeClientFault(IN_CLIENT)).toBe(true);
    end();
    expect(takeClientFault(IN_CLIENT)).toBe(false);
    expect(seen).toEqual([IN_CLIENT]);
  });

  it.each([
    ["our own code, which the client called", thrownAt("file:///app/service-templates/lib/consumer/batch.ts")],
    ["another package", thrownAt("file:///app/node_modules/pg/lib/client.js")],
    ["a package with a similar name", thrownAt("file:///app/node_modules/@platformatic/kafka-hooks/index.js")],
    ["nowhere", Object.assign(new Error("x"), { stack: undefined })],
    ["something that is no error", "text"],
  ])("are not taken when thrown by %s", (_what, error) => {
    ends.push(onClientFault(() => expect.unreachable()));
    expect(takeClientFault(error)).toBe(false);
  });

  it("end a call whose answer will not come", async () => {
    const call = answered(new Promise(() => undefined), "publishing");
    expect(takeClientFault(IN_CLIENT)).toBe(true);
    await expect(call).rejects.toMatchObject({
      name: "LostAnswer",
      message: "the Kafka client failed while publishing",
      cause: IN_CLIENT,
    });
  });

  it("leave an answer that comes as it is, and nobody listening behind it", async () => {
    await expect(answered(Promise.resolve(7), "asking")).resolves.toBe(7);
    await expect(answered(Promise.reject(new Error("refused")), "asking")).rejects.toThrow("refused");
    expect(takeClientFault(IN_CLIENT)).toBe(false);
  });

  it("an answer has a limit", async () => {
    await expect(answered(new Promise(() => undefined), "joining the group", 20)).rejects.toThrow(
      new LostAnswer("joining the group: no answer of the Kafka client within 0.02 s"),
    );
  });
});

describe("a process with an error that nobody caught", () => {
  /** Throws in a timer's callback, then says that it is still there. */
  function script(place: string): string {
    return `
      import { runProcess } from ${JSON.stringify(pathToFileURL(join(LIB, "run-process.ts")).href)};
      import { onClientFault } from ${JSON.stringify(pathToFileURL(join(LIB, "kafka/client-faults.ts")).href)};
      runProcess(async () => ({ managementPort: 0, httpPort: undefined, stop: async () => undefined }));
      onClientFault(() => process.stdout.write("replaced "));
      setTimeout(() => { const error = new Error("broken"); error.stack = "Error: broken\\n    at x (${place}:1:1)"; throw error; }, 1);
      setTimeout(() => process.stdout.write("alive"), 50);
    `;
  }
  const node = (source: string): Promise<{ stdout: string; stderr: string }> =>
    run(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", source], {
      timeout: 20_000,
    });

  it("goes on when it is the client's", async () => {
    const { stdout, stderr } = await node(script("/app/node_modules/@platformatic/kafka/dist/network/connection.js"));
    expect(stdout).toBe("replaced alive");
    expect(stderr).toContain("the Kafka client failed, and is replaced: Error: broken");
  });

  it("ends with code 1 and the place when it is anybody else's", async () => {
    await expect(node(script("/app/service-templates/lib/consumer/batch.ts"))).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("batch.ts:1:1"),
    });
  });
});
