/** `kit new service` as a child process, on copies of this project. */
import { execFile } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../../../../components/model/load.ts";
import { planPlatform } from "../../../../components/plan/plan.ts";
import { readServiceTemplates } from "../../../../components/services/template.ts";
import { copyProject } from "../../../platform/project-copy.ts";

const MINUTES = 60_000;
const TEMPLATES = readServiceTemplates(join(import.meta.dirname, "../../../../service-templates")).map(
  (template) => template.name,
);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function node(dir: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", ...args],
      { cwd: dir, env: { ...process.env, NO_COLOR: "1" }, timeout: 4 * MINUTES, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
  });
}

interface Document {
  readonly service: string;
  readonly access: {
    readonly principal?: string;
    readonly consumes: readonly { topic: string }[];
    readonly publishes: readonly { topic: string; events: readonly string[] }[];
    readonly redisKeys?: string;
  };
  readonly created: readonly string[];
  readonly changed: readonly { readonly path: string; readonly diff: string }[];
  readonly notes: readonly string[];
}

const kit = (dir: string, ...args: string[]): Promise<Ended> => node(dir, [join(dir, "cli/main.mjs"), "new", ...args]);

async function made(dir: string, ...args: string[]): Promise<Document> {
  const ended = await kit(dir, "service", ...args, "--json");
  expect(ended.stderr).toBe("");
  expect(ended.code).toBe(0);
  return JSON.parse(ended.stdout) as Document;
}

/** Every file below the folders that the command may write to, by path. */
function snapshot(dir: string): ReadonlyMap<string, string> {
  return new Map(
    ["topics", "stacks", "service-templates"].flatMap((folder) =>
      readdirSync(join(dir, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((path): [string, string] => [path.slice(dir.length + 1), readFileSync(path, "utf8")]),
    ),
  );
}

/** The lines of a text that are not in another one, in order; undefined when some of the other's are gone or moved. */
function addedLines(before: string, after: string): readonly string[] | undefined {
  const old = before.split("\n");
  const added = after.split("\n").filter((line) => line !== old[0] || old.shift() === undefined);
  return old.length === 0 ? added : undefined;
}

/** A name for a copy of a template. */
const copyOf = (template: string): string => `second-${template}`;

describe("a service from every template", () => {
  let project: Awaited<ReturnType<typeof copyProject>>;
  let before: ReadonlyMap<string, string>;
  const documents = new Map<string, Document>();
  beforeAll(async () => {
    project = await copyProject();
    before = snapshot(project.dir);
    for (const template of TEMPLATES)
      documents.set(template, await made(project.dir, copyOf(template), "--from", template, "--team", "new-team"));
  }, 3 * MINUTES);
  afterAll(() => project?.remove());

  function documentOf(template: string): Document {
    const document = documents.get(template);
    if (document === undefined) throw new Error(`${template} was not copied`);
    return document;
  }
  async function planned() {
    const reading = await loadModel(project.dir, "local");
    if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
    return planPlatform(reading.value.model, reading.value.stack);
  }

  it("makes a platform without a problem, in which nobody else reads or writes more than before", async () => {
    const plan = await planned();
    const original = await loadModel(join(import.meta.dirname, "../../../.."), "local");
    if (!original.ok) throw new Error(JSON.stringify(original.problems));
    const copies = new Set(TEMPLATES.map(copyOf));
    const foreign = plan.acls.filter((acl) => !copies.has(acl.principal)).map((acl) => acl.key);
    expect(foreign).toEqual(planPlatform(original.value.model, original.value.stack).acls.map((acl) => acl.key));
    const files = readServiceTemplates(join(project.dir, "service-templates"));
    expect(files.map((template) => template.name)).toEqual([...TEMPLATES, ...copies].sort());
  });

  it("gives each copy the same access to read, and nothing to publish where its template publishes", async () => {
    const plan = await planned();
    for (const template of TEMPLATES) {
      const [own, copy] = [template, copyOf(template)].map((service) =>
        plan.contracts.find((contract) => contract.service === service),
      );
      const reads =
        template === "order-service"
          ? []
          : (own?.consumes ?? []).filter(({ topic }) => !(own?.publishes ?? []).some((event) => event.topic === topic));
      expect(copy?.consumes.filter(({ topic }) => reads.some((read) => read.topic === topic)) ?? [], template).toEqual(
        reads,
      );
      expect(copy?.publishes.length ?? 0).toBe(own?.publishes.length ?? 0);
      const topics = new Set((own?.publishes ?? []).map(({ topic }) => topic));
      expect(
        (copy?.publishes ?? []).filter(({ topic }) => topics.has(topic)),
        template,
      ).toEqual([]);
      expect(copy?.retryTopics.map(({ delayMs }) => delayMs) ?? []).toEqual(
        reads.length === 0 ? [] : (own?.retryTopics ?? []).map(({ delayMs }) => delayMs),
      );
      const [ownQuota, copyQuota] = [template, copy?.service].map((principal) =>
        plan.quotas.find((quota) => quota.principal === principal),
      );
      expect(copyQuota?.consumerByteRate ?? 0, template).toBeLessThanOrEqual(ownQuota?.consumerByteRate ?? 0);
    }
  });

  it("says which events and topics are its own, and why", () => {
    const payment = documentOf("payment-service");
    expect(payment.access.publishes).toEqual([
      {
        topic: "second-payment-events",
        events: ["second-payment.failed", "second-payment.processed", "second-payment.refunded"],
      },
    ]);
    expect(payment.notes.join(" ")).toMatch(/would duplicate/);
    expect(documentOf("order-service").notes.join(" ")).toMatch(/reads nothing yet/);
    expect(documentOf("inventory-service").access.redisKeys).toBe("second-inventory:*");
    expect(documentOf("api-gateway").access.principal).toBeUndefined();
  });

  it("adds lines to the files that people edit, and keeps every other byte", () => {
    const after = snapshot(project.dir);
    for (const [path, text] of before) {
      const now = after.get(path);
      expect(now, path).toBeDefined();
      const added = addedLines(text, now ?? "");
      expect(added, path).toBeDefined();
      if (!path.startsWith("topics/") && !path.startsWith("stacks/")) expect(added, path).toEqual([]);
      expect(
        (added ?? []).filter((line) => line.includes("#")),
        path,
      ).toEqual([]);
    }
    const created = [...after.keys()].filter((path) => !before.has(path)).sort();
    expect(created).toEqual(TEMPLATES.flatMap((template) => documentOf(template).created).sort());
  });

  it("leaves the template's name only where it says where the copy comes from, or whom it calls", () => {
    for (const template of TEMPLATES) {
      const folder = join(project.dir, "service-templates", copyOf(template));
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
        (candidate) => candidate.isFile() && candidate.name !== "README.md",
      )) {
        const text = readFileSync(join(entry.parentPath, entry.name), "utf8");
        expect(
          text.match(new RegExp(`(?<![\\w-])${template}(?![\\w-])`, "g")),
          join(entry.parentPath, entry.name),
        ).toBeNull();
      }
      expect(readFileSync(join(folder, "README.md"), "utf8")).toMatch(
        new RegExp(`^# ${copyOf(template)}\n\nBegun as a copy of ${template}\\.`),
      );
    }
  });

  it(
    "makes copies that type-check",
    async () => {
      const config = join(project.dir, "tsconfig.copies.json");
      writeFileSync(
        config,
        JSON.stringify({
          extends: "./tsconfig.json",
          include: TEMPLATES.map((template) => `service-templates/${copyOf(template)}/**/*.ts`),
        }),
      );
      const { stdout } = await node(project.dir, ["node_modules/typescript/bin/tsc", "--noEmit", "-p", config]);
      // What a copy imports is checked with everything else.
      expect(stdout.split("\n").filter((line) => line.startsWith("service-templates/second-"))).toEqual([]);
      expect(stdout).not.toMatch(/^error/m);
    },
    5 * MINUTES,
  );

  it(
    "makes copies whose own tests pass",
    async () => {
      const file = join(project.dir, "report.json");
      const { code, stderr } = await node(project.dir, [
        "node_modules/vitest/vitest.mjs",
        "run",
        "--project",
        "unit",
        "--reporter=json",
        `--outputFile=${file}`,
        "service-templates/second-",
      ]);
      const report = JSON.parse(readFileSync(file, "utf8")) as {
        numFailedTests: number;
        testResults: { name: string; status: string; message: string }[];
      };
      expect(
        report.testResults.filter((result) => result.status !== "passed"),
        stderr,
      ).toEqual([]);
      expect(code).toBe(0);
      const tested = TEMPLATES.filter((template) =>
        report.testResults.some((result) => result.name.includes(`/${copyOf(template)}/test/start.test.ts`)),
      );
      expect(tested).toEqual(TEMPLATES);
      expect(
        report.testResults.some((result) => result.name.endsWith("/second-order-service/test/state-machine.test.ts")),
      ).toBe(true);
    },
    5 * MINUTES,
  );

  it(
    "gives copies a package each, in a lock file that npm takes as it is",
    async () => {
      for (const template of TEMPLATES) {
        const path = join(project.dir, "service-templates", copyOf(template), "package.json");
        expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({
          name: copyOf(template),
          dependencies: { "@event-platform-kit/service": expect.any(String) as unknown },
        });
      }
      const folder = mkdtempSync(join(tmpdir(), "event-platform-lock-"));
      try {
        const read = [
          "package-lock.json",
          ".npmrc",
          ...globSync("{,*/,service-templates/*/}package.json", { cwd: project.dir }),
        ];
        for (const path of read) cpSync(join(project.dir, path), join(folder, path), { recursive: true });
        const lock = readFileSync(join(folder, "package-lock.json"), "utf8");
        const npm = promisify(execFile);
        await npm("npm", ["install", "--package-lock-only", "--offline", "--ignore-scripts"], { cwd: folder });
        expect(readFileSync(join(folder, "package-lock.json"), "utf8")).toBe(lock);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    2 * MINUTES,
  );

  it("can copy a copy", async () => {
    const document = await made(project.dir, "third-payment-service", "--from", "second-payment-service", "--dry-run");
    expect(document.access.publishes.map(({ topic }) => topic)).toEqual(["third-payment-events"]);
    expect(document.access.consumes.map(({ topic }) => topic)).toEqual(["order-events"]);
  });
});

describe("what is refused, and leaves everything as it was", () => {
  let dir: string;
  let before: ReadonlyMap<string, string>;
  beforeAll(async () => {
    const project = await copyProject();
    ({ dir } = project);
    before = snapshot(dir);
  }, MINUTES);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it.each<[readonly string[], number, RegExp]>(
    [
      [[], 2, /Usage: kit new[\s\S]*KIT_USAGE/],
      [["gadget", "x"], 2, /KIT_NEW_UNKNOWN_KIND/],
      [["service"], 2, /needs a name/],
      [["service", "fraud-service"], 2, /--from/],
      [
        ["service", "fraud-service", "--from", "paymnt-service"],
        2,
        /KIT_NEW_UNKNOWN_TEMPLATE[\s\S]*Did you mean payment-service\?/,
      ],
      [["service", "fraud-service", "--from", "payment"], 2, /Did you mean payment-service\?/],
      [["service", "fraud-service", "--from", "../lib"], 2, /KIT_NEW_UNKNOWN_TEMPLATE/],
      [["service", "fraud-service", "--from", "lib"], 2, /KIT_NEW_UNKNOWN_TEMPLATE/],
      [["service", "Fraud", "--from", "payment-service"], 2, /KIT_NEW_NAME_INVALID/],
      [["service", "fraud_service", "--from", "payment-service"], 2, /KIT_NEW_NAME_INVALID/],
      [["service", "../evil", "--from", "payment-service"], 2, /KIT_NEW_NAME_INVALID/],
      [["service", "a", "--from", "payment-service"], 2, /KIT_NEW_NAME_INVALID/],
      [["service", "x".repeat(42), "--from", "payment-service"], 2, /42 characters/],
      [["service", "pg-service", "--from", "payment-service"], 2, /pg_/],
      [["service", "order-service", "--from", "payment-service"], 2, /KIT_NEW_NAME_TAKEN.*folder/],
      [["service", "lib", "--from", "payment-service"], 2, /KIT_NEW_NAME_TAKEN/],
      [["service", "schema-registry", "--from", "payment-service"], 2, /belongs to the platform/],
      [["service", "postgres", "--from", "payment-service"], 2, /belongs to the platform/],
      [["service", "payment-events", "--from", "analytics-service"], 2, /topic already/],
      [["service", "fastify", "--from", "analytics-service"], 2, /npm package/],
      [["service", "payment-service-owner", "--from", "payment-service"], 2, /database role/],
      [["service", "payment", "--from", "inventory-service"], 2, /payment-events, which there is already/],
      [
        ["service", "fraud-service", "--from", "payment-service", "--team", "Risk Team"],
        2,
        /KIT_NEW_NAME_INVALID.*team/,
      ],
      [["service", "shipping", "--from", "api-gateway", "--team", "risk"], 2, /KIT_NEW_OWNER_CONFLICT.*logistics/],
    ].filter(
      ([args]) => !(args as string[]).includes("analytics-service") || TEMPLATES.includes("analytics-service"),
    ) as [readonly string[], number, RegExp][],
  )("%j", async (args, code, message) => {
    const ended = await kit(dir, ...args);
    expect(ended.stderr).toMatch(message);
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code, stdout: "" });
    expect(snapshot(dir)).toEqual(before);
  });

  it("a dry run writes nothing and shows what would come", async () => {
    const ended = await kit(dir, "service", "fraud-service", "--from", "payment-service", "--dry-run");
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain("Nothing was written");
    expect(ended.stdout).toContain("+      fraud-service:");
    expect(ended.stdout).toContain("topics/fraud.yaml");
    expect(snapshot(dir)).toEqual(before);
  });

  it("a declaration that has problems already", async () => {
    const file = join(dir, "topics/order.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("partitions: 30", "partition: 30"));
    try {
      const ended = await kit(dir, "service", "fraud-service", "--from", "payment-service");
      expect(ended.stderr).toMatch(/topics\/order\.yaml:\d+:\d+[\s\S]*KIT_MODEL_INVALID/);
      expect(ended.code).toBe(2);
    } finally {
      writeFileSync(file, text);
    }
    expect(snapshot(dir)).toEqual(before);
  });

  it("a template that reaches outside through a link", async () => {
    const link = join(dir, "service-templates/payment-service/src/link.ts");
    symlinkSync("/etc/hostname", link);
    try {
      expect((await kit(dir, "service", "fraud-service", "--from", "payment-service")).stderr).toMatch(
        /KIT_NEW_REFUSED.*link\.ts/,
      );
    } finally {
      rmSync(link);
    }
    expect(snapshot(dir)).toEqual(before);
  });

  it(
    "the second run",
    async () => {
      const copy = mkdtempSync(join(tmpdir(), "event-platform-twice-"));
      try {
        cpSync(dir, copy, { recursive: true, verbatimSymlinks: true });
        await made(copy, "fraud-service", "--from", "payment-service");
        const once = snapshot(copy);
        const again = await kit(copy, "service", "fraud-service", "--from", "payment-service");
        expect(again.stderr).toMatch(/KIT_NEW_NAME_TAKEN.*Nothing is overwritten/);
        expect(again.code).toBe(2);
        expect(snapshot(copy)).toEqual(once);
      } finally {
        rmSync(copy, { recursive: true });
      }
    },
    2 * MINUTES,
  );
});
