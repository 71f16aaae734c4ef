/** Shared code of the order commands: a client for the running platform, and the display of a step. */
import type { CommandContext } from "../context.ts";
import { KitError } from "../errors.ts";
import { readDeclaredStatus } from "../platform/platform-status.ts";
import { colorsFor } from "../terminal/output.ts";
import { formatElapsed } from "../terminal/quantities.ts";
import { signToken } from "../tokens.ts";
import type { OrderClient, OrderDefinition, OrderOutcome, OrderStep } from "./definition.ts";

const TOKEN_LIFE_MS = 10 * 60_000;

/**
 * A client that orders as a customer.
 * @throws KitError `KIT_PLATFORM_NOT_RUNNING`, `KIT_ISSUER_KEY_MISSING`.
 */
export async function orderClient(context: CommandContext, customer: string): Promise<OrderClient> {
  const declared = await readDeclaredStatus(context.stateDir);
  if (declared === undefined) throw new KitError("KIT_PLATFORM_NOT_RUNNING", "it was never brought up");
  const { token } = await signToken(context.stateDir, { subject: customer, ttlMs: TOKEN_LIFE_MS, now: context.now() });
  return { gateway: declared.endpoints.gateway, token, now: context.now };
}

/** Shows a step on a stream as it comes. */
export function stepWriter(
  context: CommandContext,
  { isBad }: Pick<OrderDefinition, "isBad">,
  stream: NodeJS.WriteStream,
): (step: OrderStep) => void {
  const colors = colorsFor(stream, context.env);
  return (step) => {
    stream.write(
      `  ${formatElapsed(step.elapsedMs).padStart(8)}  ${isBad(step) ? colors.red(step.name) : colors.green(step.name)}\n`,
    );
  };
}

/** An order's terminal state in one line. */
export function outcomeLine(outcome: OrderOutcome): string {
  return `${outcome.status}${outcome.reason === undefined ? "" : ` (${outcome.reason})`} after ${formatElapsed(outcome.elapsedMs)}`;
}
