/** `kit generate events`, and what `kit new` does for it, as child processes on a copy of this project. */
import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyProject } from "../../../platform/project-copy.ts";

/** Each test runs the command several times, which takes seconds on a busy machine. */
const LIMIT = { timeout: 480_000 };

let project: Awaited<ReturnType<typeof copyProject>>;
beforeAll(async () => {
  project = await copyProject();
}, 180_000);
afterAll(() => project?.remove());

function kit(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", join(project.dir, "cli/main.mjs"), ...args],
      { cwd: project.dir, env: { ...process.env, NO_COLOR: "1" }, timeout: 240_000 },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

const eventsOf = (service: string): string => `service-templates/${service}/src/events.generated.ts`;
const read = (path: string): string => readFileSync(join(project.dir, path), "utf8");
const write = (path: string, text: string): void => writeFileSync(join(project.dir, path), text);

describe("kit generate events", LIMIT, () => {
  it("finds the files of this project current, and leaves them alone", async () => {
    expect(await kit("generate", "events", "--check")).toMatchObject({ code: 0, stderr: "" });
    const { code, stdout } = await kit("generate", "events", "--json");
    expect(code).toBe(0);
    const { current, files } = JSON.parse(stdout) as {
      current: boolean;
      files: { service: string; path: string; state: string }[];
    };
    expect(current).toBe(true);
    expect(files).toContainEqual({ service: "order-service", path: eventsOf("order-service"), state: "current" });
    expect(new Set(files.map(({ state }) => state))).toEqual(new Set(["current"]));
  });

  it("names each file that is not current with the command that mends it, and mends it", async () => {
    const schema = "topics/schemas/order/OrderConfirmed.avsc";
    const before = read(eventsOf("shipping-service"));
    write(schema, read(schema).replace('"shippingAddress"', '"deliveryAddress"'));
    rmSync(join(project.dir, eventsOf("payment-service")));
    write(eventsOf("api-gateway"), "");
    const judged = await kit("generate", "events", "--check");
    expect(judged.code).toBe(1);
    for (const line of [
      `${eventsOf("shipping-service")} differs from what topics/ declares`,
      `${eventsOf("payment-service")} is missing`,
      `${eventsOf("api-gateway")} belongs to a service that does not use Kafka`,
      "Run `npx kit generate events` and commit the files.",
    ])
      expect(judged.stdout).toContain(`${line}\n`);
    expect(JSON.parse((await kit("generate", "events", "--check", "--json")).stdout)).toMatchObject({ current: false });
    expect(read(eventsOf("shipping-service"))).toBe(before);

    expect((await kit("generate", "events")).code).toBe(0);
    expect(read(eventsOf("shipping-service"))).toBe(before.replace("shippingAddress", "deliveryAddress"));
    expect(() => read(eventsOf("api-gateway"))).toThrow();
    expect((await kit("generate", "events", "--check")).code).toBe(0);
  });

  it("shows what is wrong with a declaration that it can't read, and writes nothing", async () => {
    const topics = read("topics/payment.yaml");
    const before = read(eventsOf("payment-service"));
    write("topics/payment.yaml", topics.replace("PaymentFailed.avsc", "PaymentFaild.avsc"));
    const { code, stderr } = await kit("generate", "events");
    write("topics/payment.yaml", topics);
    expect(code).toBe(2);
    expect(stderr).toContain("topics/payment.yaml:");
    expect(stderr).toContain("KIT_MODEL_INVALID");
    expect(read(eventsOf("payment-service"))).toBe(before);
  });

  it.each([["nothing"], ["events-and-more"]])("refuses to make %s", async (what) => {
    expect(await kit("generate", what)).toMatchObject({ code: 2 });
  });
});

describe("kit new", LIMIT, () => {
  it("types the events of a new topic for its producer and its consumer", async () => {
    const made = await kit(
      ...["new", "topic", "order-notes", "--domain", "order", "--description", "Remarks on an order.", "--json"],
      ...["--partitions", "12", "--key", "orderId", "--events", "order.noted"],
      ...["--producers", "order-service", "--consumers", "notification-service=2"],
    );
    expect(made).toMatchObject({ code: 0, stderr: "" });
    const { changed } = JSON.parse(made.stdout) as { changed: { path: string; diff: string }[] };
    expect(changed.map(({ path }) => path)).toEqual([
      "topics/order.yaml",
      eventsOf("notification-service"),
      eventsOf("order-service"),
    ]);
    expect(changed.at(-1)?.diff).toContain('+  readonly "order.noted": OrderNoted;');
    expect((await kit("generate", "events", "--check")).code).toBe(0);
  });

  it("types the events of a new consumer", async () => {
    const consumer = [
      "new",
      "consumer",
      "shipping-service",
      "--topic",
      "payment-events",
      "--events",
      "payment.refunded",
    ];
    const before = read(eventsOf("shipping-service"));
    expect((await kit(...consumer, "--instances", "5", "--dry-run")).stdout).toContain("payment.refunded");
    expect(read(eventsOf("shipping-service"))).toBe(before);
    expect((await kit(...consumer, "--instances", "5")).code).toBe(0);
    expect(read(eventsOf("shipping-service"))).toContain('readonly "payment.refunded": PaymentRefunded;');
    expect((await kit("generate", "events", "--check")).code).toBe(0);
  });
});
