import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { CommandContext } from "../../../cli/context.ts";
import { runProgram } from "../../../cli/program.ts";

const projectDir = join(import.meta.dirname, "../../..");

async function kit(
  ...args: string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const context = {
    projectDir,
    stateDir: join(projectDir, "none"),
    env: { PATH: process.env.PATH, CI: "true" },
    ...streams,
    now: () => 0,
  } as unknown as CommandContext;
  const code = await runProgram(context, args);
  return { code, stdout: String(streams.stdout.read() ?? ""), stderr: String(streams.stderr.read() ?? "") };
}

describe("kit access why", () => {
  it.each([
    ["payment-service", "shipping-events"],
    ["shipping-service", "payment-events"],
    ["fraud-check-service", "order-events"],
  ])("proposes a command to %s that works as it is typed", async (service, topic) => {
    const { code, stdout } = await kit("access", "why", service, topic, "read");
    expect(code).toBe(1);
    const commands = stdout.match(/npx kit .*$/gmu) ?? [];
    expect(commands).toHaveLength(1);
    for (const command of commands) {
      const outcome = await kit(...command.split(" ").slice(2), "--dry-run");
      expect(outcome, command).toMatchObject({ code: 0 });
      expect(outcome.stdout).toContain(`Would declare the consumer ${service}`);
    }
  });

  it("says what a service may do in the claim-check store", async () => {
    const written = await kit("access", "why", "order-service", "order-events", "write");
    expect(written.stdout).toContain(
      "it stores large content below order-events/order-service/ in the claim-check store, and may write and remove there",
    );
    const read = JSON.parse(
      (await kit("access", "why", "payment-service", "order-events", "read", "--json")).stdout,
    ) as { readonly store: readonly string[] };
    expect(read.store.join("\n")).toMatch(
      /may not read what of order\.created is stored \(attachment.*fetches: \[order\.created\]/u,
    );
  });
});
