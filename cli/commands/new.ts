import type { CommandContext } from "../context.ts";
import type { CommandDefinition } from "../command.ts";
import { flag, text } from "../command.ts";
import { EXIT, KitError } from "../errors.ts";

type Options = Readonly<Record<string, unknown>>;

/** What can be made; each kind reads its own options. */
const KINDS: Readonly<Record<string, (context: CommandContext, name: string, options: Options) => Promise<void>>> = {
  async service(context, name, options) {
    const template = text(options, "from");
    if (template === undefined) throw new KitError("KIT_USAGE", "A new service is made from a template: --from TEMPLATE is missing.", { fix: `\`npx kit new service ${name} --from payment-service\`; templates are the folders of service-templates/.` });
    const { newService } = await import("../new-service/new-service.ts");
    const team = text(options, "team");
    await newService(context, { name, template, ...(team === undefined ? {} : { team }) }, { dryRun: flag(options, "dryRun"), json: flag(options, "json") });
  },
};

/** `kit new`. */
export const create: CommandDefinition = {
  configure: (command) => command
    .argument("[kind]", `what to make: ${Object.keys(KINDS).join(", ")}`)
    .argument("[name]", "its name, for example fraud-check-service")
    .hook("preAction", (called) => {
      if (called.args.length === 0) called.outputHelp({ error: true });
    })
    .option("--from <template>", "service to copy: a folder of service-templates/")
    .option("--team <team>", "owner of the service's domain when that is new (default: the template's team)")
    .option("--dry-run", "show every file and change, write nothing")
    .option("--json", "print {service, template, domain, team, dryRun, access, created, changed: [{path, diff}], notes}")
    .addHelpText("after", `
A new service is a copy of a template under a name of its own, with its tests, its access declared in topics/
and its place in stacks/. It reads what the template reads; what the template publishes, it publishes as events
of its own to a topic of its own. The outcome is checked as a whole before anything is written; nothing that
exists is overwritten.`),
  examples: [
    "npx kit new service fraud-check-service --from payment-service --team risk --dry-run",
    "npx kit new service loyalty-service --from analytics-service",
  ],
  async run(context, options, args) {
    const [kind, name] = args;
    if (kind === undefined) throw new KitError("KIT_USAGE", "What is to be made?", { fix: "`npx kit new service NAME --from TEMPLATE`; `npx kit new --help` shows more." });
    const make = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
    if (make === undefined) throw new KitError("KIT_NEW_UNKNOWN_KIND", JSON.stringify(kind));
    if (name === undefined) throw new KitError("KIT_USAGE", `The new ${kind} needs a name.`, { fix: `\`npx kit new ${kind} NAME --from TEMPLATE\`` });
    await make(context, name, options);
    return EXIT.good;
  },
};
