import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import { EXIT } from "../../errors.ts";

/** `kit token`. */
export const token: CommandDefinition = {
  configure: (command) =>
    command
      .option("--subject <customer>", "customer id, becomes `sub`", "customer-1")
      .option("--scope <words>", "scopes beyond the customer's own orders, for example analytics:read")
      .option("--ttl <duration>", "how long the token is valid", "1h")
      .option("--json", "print {token, subject, expiresAt}"),
  examples: [
    "npx kit token",
    'curl -H "Authorization: Bearer $(npx kit token)" http://127.0.0.1:17080/orders',
    'curl -H "Authorization: Bearer $(npx kit token --scope analytics:read)" http://127.0.0.1:17080/analytics/summary',
  ],
  async run(context, options) {
    const [{ signToken }, { parseDuration }, { writeJson }] = await Promise.all([
      import("../../tokens.ts"),
      import("../../terminal/quantities.ts"),
      import("../../terminal/output.ts"),
    ]);
    const scope = text(options, "scope");
    const signed = await signToken(context.stateDir, {
      ...(scope === undefined ? {} : { scope }),
      subject: text(options, "subject") ?? "customer-1",
      ttlMs: parseDuration(text(options, "ttl") ?? "1h"),
      now: context.now(),
    });
    if (flag(options, "json")) writeJson(context, signed);
    else context.stdout.write(`${signed.token}\n`);
    return EXIT.good;
  },
};
