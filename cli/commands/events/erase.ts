import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import { EXIT, KitError } from "../../errors.ts";

/** `kit erase`. */
export const erase: CommandDefinition = {
  configure: (command) =>
    command
      .requiredOption("--customer <id>", "customer whose personal data to erase")
      .option("--apply", "erase; without this option nothing is changed")
      .option("--dry-run", "show what would be erased (this is the default)")
      .option("--reason <text>", "reason for the audit trail; must not contain personal data")
      .option("--json", "print {customer, erasureId, dryRun, complete, underWay, services, topics}")
      .addHelpText(
        "after",
        `
Overwrites a customer's personal data in the services' databases, as each service's template.yaml declares (personalData).
Amounts and times stay, under a random pseudonym. Shows what is kept and why, and how long each topic keeps its records.
Orders in progress keep their data: run the command again when they are finished. The table erasures keeps every run.
Exit code 0 when the erasure is complete, 1 when something is left for a later run. docs/guide/erasure.md.`,
      ),
  examples: [
    "npx kit erase --customer customer-1",
    'npx kit erase --customer customer-1 --apply --reason "request of 3 May"',
    "npx kit erase --customer customer-1 --json | jq .topics",
  ],
  async run(context, options) {
    const customer = text(options, "customer") ?? "";
    if (customer === "") throw new KitError("KIT_USAGE", "--customer takes an id.");
    if (flag(options, "apply") && flag(options, "dryRun"))
      throw new KitError("KIT_USAGE", "--apply and --dry-run contradict each other.");
    const [
      { join },
      { userInfo },
      { readServiceTemplates },
      { openPlatform },
      { readDeclaredProject },
      { eraseCustomer },
      { keptTopics },
      { erasureDocument, writeErasure },
      { writeJson },
    ] = await Promise.all([
      import("node:path"),
      import("node:os"),
      import("../../../components/services/template.ts"),
      import("../../platform/platform-access.ts"),
      import("../../declaration/declared-project.ts"),
      import("../../erase/erasure.ts"),
      import("../../erase/kept-records.ts"),
      import("../../erase/report.ts"),
      import("../../terminal/output.ts"),
    ]);
    const access = await openPlatform(context);
    try {
      const { plan } = await readDeclaredProject(context, access.status.stack);
      const templates = readServiceTemplates(join(context.projectDir, "service-templates")).filter(({ name }) =>
        access.services.includes(name),
      );
      const services = access.services.map((service) => ({
        service,
        personalData: templates.find(({ name }) => name === service)?.personalData,
      }));
      const reason = text(options, "reason");
      const erasure = await eraseCustomer(access, services, customer, {
        dryRun: !flag(options, "apply"),
        actor: userInfo().username,
        ...(reason === undefined ? {} : { reason }),
      });
      const document = erasureDocument(
        customer,
        erasure,
        keptTopics(
          plan,
          services.flatMap(({ personalData }) => personalData?.fields ?? []),
        ),
        context.now(),
      );
      if (flag(options, "json")) writeJson(context, document);
      else writeErasure(context, document);
      return erasure.complete ? EXIT.good : EXIT.no;
    } finally {
      await access.close();
    }
  },
};
