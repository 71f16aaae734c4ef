import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import { describeError, EXIT, KitError } from "../../errors.ts";

/** `kit order`. */
export const order: CommandDefinition = {
  configure: (command) =>
    command
      .option("--product <sku>", "product to order (default: the first of the price list)")
      .option("--quantity <n>", "number of units", "1")
      .option("--customer <id>", "customer who orders", "customer-1")
      .option("--timeout <duration>", "time limit for the order", "30s")
      .option("--json", "print {orderId, status, reason?, steps, elapsedMs}")
      .addHelpText(
        "after",
        "\nExit code 0 when the order is confirmed, 1 when it is cancelled, refused or not finished in time.",
      ),
  examples: ["npx kit order", "npx kit order --quantity 3 --customer customer-7 --json"],
  async run(context, options) {
    const [
      { requiredPart },
      { orderClient, outcomeLine, stepWriter },
      { parseDuration, parseQuantity },
      { writeJson, writeError },
    ] = await Promise.all([
      import("../../project/load-project.ts"),
      import("../../order/ordering.ts"),
      import("../../terminal/quantities.ts"),
      import("../../terminal/output.ts"),
    ]);
    const timeoutMs = parseDuration(text(options, "timeout") ?? "30s");
    const quantity = parseQuantity(text(options, "quantity") ?? "1");
    const json = flag(options, "json");
    const definition = await requiredPart(context.projectDir, "order", "kit order");
    const client = await orderClient(context, text(options, "customer") ?? "customer-1");
    const productId = text(options, "product") ?? (await definition.products(client))[0]?.productId;
    if (productId === undefined) throw new KitError("KIT_ORDER_REFUSED", "the price list is empty");
    const stream = json ? context.stderr : context.stdout;
    stream.write(`Order of ${quantity} × ${productId}\n`);
    const outcome = await definition.place(
      client,
      { productId, quantity },
      { timeoutMs, onStep: stepWriter(context, definition, stream) },
    );
    if (json) writeJson(context, outcome);
    else context.stdout.write(`${outcome.orderId} ${outcomeLine(outcome)}\n`);
    if (outcome.status === "confirmed") return EXIT.good;
    if (outcome.status === "pending") {
      const error = new KitError("KIT_ORDER_TIMED_OUT", `${outcome.orderId} is still pending after ${timeoutMs} ms`);
      writeError(context, describeError(error), error);
    }
    return EXIT.no;
  },
};
