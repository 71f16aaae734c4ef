/** `ci/drift.sh` as a job runs it, with a `kit` in place of the real one that keeps what it was asked. */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const PASSWORD = "Very-Secret-Password";
const CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "drift-"));
  for (const folder of ["ci", "cli", "tmp"]) mkdirSync(join(dir, folder));
  cpSync(join(root, "ci/drift.sh"), join(dir, "ci/drift.sh"));
  writeFileSync(
    join(dir, "cli/kit.mjs"),
    `
import { readFileSync, statSync, writeFileSync } from "node:fs";
const args = process.argv.slice(2);
const file = (name) => args[args.indexOf(name) + 1];
writeFileSync("asked.json", JSON.stringify({ args, env: process.env, password: readFileSync(file("--password-file"), "utf8"), ca: readFileSync(file("--ca"), "utf8"), mode: statSync(file("--password-file")).mode & 0o777 }));
process.stdout.write(process.env.KIT_SAYS ?? '{"stack":"prod","drifted":false,"deviations":[]}');
process.exit(Number(process.env.KIT_CODE ?? 0));
`,
  );
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const variables = { KAFKA_BOOTSTRAP: "kafka-1:9094,kafka-2:9094", KAFKA_CA: CA, AUDITOR_PASSWORD: PASSWORD };

function drift(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      "bash",
      [join(dir, "ci/drift.sh"), ...args],
      {
        cwd: dir,
        env: { PATH: `${join(process.execPath, "..")}:${process.env.PATH ?? ""}`, TMPDIR: join(dir, "tmp"), ...env },
        timeout: 60_000,
      },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr });
      },
    );
  });
}
const asked = () =>
  JSON.parse(readFileSync(join(dir, "asked.json"), "utf8")) as {
    args: string[];
    env: Record<string, string>;
    password: string;
    ca: string;
    mode: number;
  };

it("gives the command its login in files of the owner's alone, and keeps secrets out of arguments, variables and the log", async () => {
  const ended = await drift(["prod", join(dir, "out")], {
    ...variables,
    SCHEMA_REGISTRY: "https://registry.example.com/apis/ccompat/v7",
  });
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  const { args, env, password, ca, mode } = asked();
  expect(args).toEqual([
    "drift",
    "--stack",
    "prod",
    "--bootstrap",
    "kafka-1:9094,kafka-2:9094",
    "--ca",
    expect.any(String),
    "--username",
    "platform-auditor",
    "--password-file",
    expect.any(String),
    "--registry",
    "https://registry.example.com/apis/ccompat/v7",
    "--fail-on",
    "differs,missing",
    "--json",
  ]);
  expect([password, ca, mode]).toEqual([PASSWORD, `${CA}\n`, 0o600]);
  expect(JSON.stringify([args, Object.entries(env), ended.stdout, ended.stderr])).not.toContain(PASSWORD);
  expect(readdirSync(join(dir, "tmp")), "secrets left behind").toEqual([]);
  expect(JSON.parse(readFileSync(join(dir, "out/drift.json"), "utf8"))).toMatchObject({ stack: "prod" });
}, 120_000);

it.each([
  [0, true],
  [1, true],
  [2, false],
  [3, false],
])(
  "ends with %i when the command does, and writes the document: %s",
  async (code, written) => {
    expect((await drift(["prod", "out"], { ...variables, KIT_CODE: String(code) })).code).toBe(code);
    expect(existsSync(join(dir, "out/drift.json"))).toBe(written);
    expect(asked().args).not.toContain("--registry");
    expect(readdirSync(join(dir, "tmp")), "secrets left behind").toEqual([]);
  },
  120_000,
);

it.each([
  ["no stack", [], variables],
  ["a stack that is no name", ["prod --registry http://elsewhere"], variables],
  ["no brokers", ["prod"], { ...variables, KAFKA_BOOTSTRAP: "" }],
  ["no password", ["prod"], { ...variables, AUDITOR_PASSWORD: "" }],
])(
  "asks nothing with %s",
  async (_, args, env) => {
    expect((await drift(args, env)).code).toBe(2);
    expect(existsSync(join(dir, "asked.json"))).toBe(false);
  },
  120_000,
);
