/** `kit new topic`, `kit new consumer`, `kit access` and `kit owners` as child processes, on a copy of this project. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyProject } from "../../platform/project-copy.ts";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let project: Awaited<ReturnType<typeof copyProject>>;
beforeAll(async () => {
  project = await copyProject();
});
afterAll(() => project?.remove());

function kit(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", join(project.dir, "cli/main.mjs"), ...args],
      { cwd: project.dir, env: { ...process.env, NO_COLOR: "1" }, timeout: 60_000 },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

const read = (path: string): string => readFileSync(join(project.dir, path), "utf8");
const notes = [
  "new",
  "topic",
  "order-notes",
  "--domain",
  "order",
  "--description",
  "Remarks: of an order.",
  "--partitions",
  "12",
  "--key",
  "orderId",
  "--events",
  "order.noted",
  "--producers",
  "order-service=50kB/s",
  "--consumers",
  "notification-service=2",
];

/** What stands in the later text between a beginning and an end that are the earlier text. */
function addition(before: string, after: string): string {
  const at = after.indexOf("  order-notes:\n");
  const added = after.slice(at, at + after.length - before.length);
  expect(after.slice(0, at) + after.slice(at + added.length)).toBe(before);
  return added;
}

describe("a new topic", () => {
  it("is shown without being written, then written with a schema to begin with, all else as it was", async () => {
    const before = read("topics/order.yaml");
    const dry = await kit(...notes, "--dry-run", "--json");
    expect(dry).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(dry.stdout)).toMatchObject({
      dryRun: true,
      created: ["topics/schemas/order/OrderNoted.avsc"],
      effects: { topics: ["order-notes"], subjects: ["order-notes-com.globalmart.events.OrderNoted"], principals: [] },
    });
    expect(read("topics/order.yaml")).toBe(before);

    expect((await kit(...notes)).code).toBe(0);
    const after = read("topics/order.yaml");
    const added = addition(before, after);
    expect(added).toMatch(/^ {2}order-notes:\n {4}description: "Remarks: of an order."\n/);
    expect(added).toContain("    producers:\n      order-service: {rate: 50kB/s}\n");
    expect(JSON.parse(read("topics/schemas/order/OrderNoted.avsc"))).toMatchObject({
      name: "OrderNoted",
      namespace: "com.globalmart.events",
      fields: [{ name: "orderId" }, { name: "timestamp" }],
    });
  });

  it("is not declared twice", async () => {
    expect(await kit(...notes)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("KIT_NEW_NAME_TAKEN") as string,
    });
  });

  it("is refused as a whole when it would not fit", async () => {
    const before = read("topics/order.yaml");
    const refused = await kit(
      "new",
      "topic",
      "order_notes",
      "--domain",
      "order",
      "--description",
      "d",
      "--partitions",
      "1",
      "--events",
      "order.x",
      "--consumers",
      "shipping-service=2",
    );
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("[too-many-instances]");
    expect(read("topics/order.yaml")).toBe(before);
  });

  it("needs an owner in a new domain", async () => {
    const args = [
      "new",
      "topic",
      "returns",
      "--domain",
      "returns",
      "--description",
      "What comes back.",
      "--partitions",
      "3",
      "--events",
      "return.announced",
    ];
    expect(await kit(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining("--team TEAM") as string });
    expect((await kit(...args, "--team", "returns-desk")).code).toBe(0);
    expect(read("topics/returns.yaml")).toContain('owner: {team: returns-desk, contact: "#team-returns-desk"}');
  });

  it("says what is missing where nobody can be asked", async () => {
    expect(await kit("new", "topic", "t")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--domain, --description, --partitions, --events are missing") as string,
    });
  });
});

describe("a new consumer", () => {
  it("gives what `access why` said was missing", async () => {
    expect((await kit("access", "why", "shipping-service", "payment-events", "read")).code).toBe(1);
    const made = await kit(
      "new",
      "consumer",
      "shipping-service",
      "--topic",
      "payment-events",
      "--events",
      "payment.refunded,payment.failed",
      "--instances",
      "5",
      "--quota",
      "5MiB/s",
      "--json",
    );
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect((JSON.parse(made.stdout) as { effects: { access: string[] } }).effects.access).toContain(
      "shipping-service/Read/Topic/payment-events",
    );
    const why = await kit("access", "why", "shipping-service", "payment-events", "read", "--json");
    expect(why.code).toBe(0);
    expect(JSON.parse(why.stdout)).toMatchObject({
      allowed: true,
      rules: [{ declared: [{ file: "topics/payment.yaml" }] }],
    });
  });

  it("may be of a service that no file names yet, and the administrator needs no entry", async () => {
    const fresh = await kit("access", "why", "fraud-check", "order-events", "read");
    expect(fresh.code).toBe(1);
    expect(fresh.stdout).toMatch(
      /^denied: fraud-check Read topic order-events\n[^]*topics → order-events → consumers[^]*\n {2}fraud-check: \{instances: 1, events: \[[^]*No file lists fraud-check yet: add it to services:/,
    );
    const admin = await kit("access", "why", "platform-admin", "order-events", "delete");
    expect(admin).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("is a super user of the brokers") as string,
    });
  });

  it.each([
    [
      ["new", "consumer", "shipping-service", "--topic", "payment-evnts", "--events", "a.b"],
      2,
      'Did you mean "payment-events"',
    ],
    [
      ["new", "consumer", "payment-service", "--topic", "order-events", "--events", "order.created"],
      2,
      "is a consumer of order-events already",
    ],
    [
      ["new", "consumer", "fraud-service", "--topic", "order-events", "--events", "order.craeted"],
      1,
      'did you mean "order.created"?',
    ],
    [["new", "consumer", "Fraud", "--topic", "order-events", "--events", "order.created"], 2, "KIT_NEW_NAME_INVALID"],
    [
      ["new", "consumer", "fraud-service", "--topic", "order-events", "--from", "x"],
      2,
      "--from is not an option of a new consumer",
    ],
    [["access", "why", "shiping-service", "order-events", "read"], 2, 'Did you mean "shipping-service"?'],
    [["access", "why", "Fraud Check", "order-events", "read"], 2, "There is no principal"],
    [
      ["access", "why", "payment-service", "order-events", "read", "--stack", "prood"],
      2,
      "Did you mean prod? Stacks are the files stacks/Pulumi.<stack>.yaml; there are dev, local, prod, staging.",
    ],
    [["new", "topic", "x-events", "--producers", "order-service="], 2, "is neither SERVICE nor SERVICE=RATE"],
    [["access", "why", "payment-service", "order-events", "raed"], 2, "There is no operation"],
  ])("%j ends with %i", async (args, code, words) => {
    const ended = await kit(...args);
    expect(ended.stderr).toContain(words);
    expect(ended.code).toBe(code);
  });
});

it("owners are written, found current, and found out of date", async () => {
  const file = ".github/CODEOWNERS";
  expect((await kit("owners", "--org", "globalmart", "--check", file)).code).toBe(1);
  expect((await kit("owners", "--org", "globalmart", "--write", file)).code).toBe(0);
  expect((await kit("owners", "--org", "globalmart", "--check", file)).code).toBe(0);
  const other = await kit("owners", "--org", "other", "--check", file);
  expect(other.code).toBe(1);
  expect(other.stdout).toContain("-/topics/order.yaml");
});
