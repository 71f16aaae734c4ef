/** The project's sample orders, placed one after the other. */
import type { CommandContext } from "../context.ts";
import { KitError } from "../errors.ts";
import type { PlatformStatus } from "../platform/platform-status.ts";
import { colorsFor } from "../terminal/output.ts";
import type { OrderDefinition, OrderOutcome, SampleOrder } from "./definition.ts";
import { orderClient, outcomeLine, stepWriter } from "./ordering.ts";

/** A first order runs code that no JVM or Node process has compiled yet. */
const SAMPLE_LIMIT_MS = 30_000;

/**
 * Places the samples one after the other, showing each step.
 * @returns the outcomes in order.
 * @throws KitError `KIT_SAMPLE_FAILED` when one does not have its expected outcome.
 */
export async function placeSamples(
  context: CommandContext,
  definition: OrderDefinition,
  status: PlatformStatus,
  stream: NodeJS.WriteStream,
): Promise<readonly OrderOutcome[]> {
  const colors = colorsFor(stream, context.env);
  const client = await orderClient(context, "customer-1");
  const products = await definition.products(client);
  if (products.length === 0) throw new KitError("KIT_SAMPLE_FAILED", "the price list is empty");
  const outcomes: OrderOutcome[] = [];
  const place = async ({ title, choose, expected }: SampleOrder): Promise<void> => {
    const { productId, quantity } = choose(products);
    stream.write(`\n${colors.bold(title)}  ${colors.dim(`${quantity} × ${productId}`)}\n`);
    const outcome = await definition.place(
      client,
      { productId, quantity },
      { timeoutMs: SAMPLE_LIMIT_MS, onStep: stepWriter(context, definition, stream) },
    );
    stream.write(`  ${outcomeLine(outcome)}\n`);
    outcomes.push(outcome);
    if (outcome.status !== expected.status || outcome.reason !== expected.reason) {
      throw new KitError(
        "KIT_SAMPLE_FAILED",
        `"${title}" (${outcome.orderId}) is ${outcomeLine(outcome)}; expected ${expected.status}${expected.reason === undefined ? "" : ` (${expected.reason})`}`,
      );
    }
  };
  for (const sample of definition.samples) {
    if (sample.meanwhile === undefined) await place(sample);
    else await sample.meanwhile(status, () => place(sample));
  }
  return outcomes;
}
