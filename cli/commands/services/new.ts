import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import type { CommandContext } from "../../context.ts";
import { EXIT, KitError } from "../../errors.ts";

type Options = Readonly<Record<string, unknown>>;

/** What the command can create; each kind has its own options. */
const KINDS: Readonly<Record<string, (context: CommandContext, name: string, options: Options) => Promise<void>>> = {
  async service(context, name, options) {
    const template = text(options, "from");
    if (template === undefined)
      throw new KitError("KIT_USAGE", "A new service is a copy of a template: --from TEMPLATE is missing.", {
        fix: `\`npx kit new service ${name} --from payment-service\`; templates are the folders of service-templates/.`,
      });
    const { newService } = await import("../../new-service/new-service.ts");
    const team = text(options, "team");
    await newService(
      context,
      { name, template, ...(team === undefined ? {} : { team }) },
      { dryRun: flag(options, "dryRun"), json: flag(options, "json") },
    );
  },
  async topic(context, name, options) {
    const { newTopic } = await import("../../new-topic/new-topic.ts");
    await newTopic(
      context,
      {
        name,
        domain: text(options, "domain"),
        description: text(options, "description"),
        partitions: wholeNumber(options, "partitions"),
        events: list(options, "events"),
        producers: list(options, "producers")?.map(readProducer),
        consumers: list(options, "consumers")?.map(readConsumer),
        key: text(options, "key"),
        retention: text(options, "retention"),
        team: text(options, "team"),
      },
      { dryRun: flag(options, "dryRun"), json: flag(options, "json") },
    );
  },
  async consumer(context, service, options) {
    const { newConsumer } = await import("../../new-topic/new-topic.ts");
    await newConsumer(
      context,
      {
        service,
        topic: text(options, "topic"),
        events: list(options, "events"),
        instances: wholeNumber(options, "instances"),
        quota: text(options, "quota"),
        retry: list(options, "retry"),
      },
      { dryRun: flag(options, "dryRun"), json: flag(options, "json") },
    );
  },
};

/** Options of each kind; an option of another kind would silently do nothing. */
const OPTIONS_OF: Readonly<Record<string, readonly string[]>> = {
  service: ["from", "team"],
  topic: ["domain", "description", "partitions", "key", "retention", "events", "producers", "consumers", "team"],
  consumer: ["topic", "events", "instances", "quota", "retry"],
};
const COMMON_OPTIONS = ["dryRun", "json"];

function list(options: Options, name: string): readonly string[] | undefined {
  const value = text(options, name);
  return value === undefined ? undefined : value.split(/[\s,]+/).filter((word) => word !== "");
}

function wholeNumber(options: Options, name: string): number | undefined {
  const value = text(options, name);
  if (value === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(value))
    throw new KitError("KIT_USAGE", `--${name}: ${JSON.stringify(value)} is not a whole number of at least 1.`);
  return Number(value);
}

/** Parses `order-service=50kB/s`: a service and, optionally, its average rate. */
function readProducer(word: string): { service: string; rate?: string } {
  const [service = "", rate, ...rest] = word.split("=");
  if (service === "" || rate === "" || rest.length > 0)
    throw new KitError("KIT_USAGE", `--producers: ${JSON.stringify(word)} is neither SERVICE nor SERVICE=RATE.`, {
      fix: "For example --producers order-service=50kB/s.",
    });
  return { service, ...(rate === undefined ? {} : { rate }) };
}

/** Parses `notification-service=8`: a service and its number of instances, by default one. */
function readConsumer(word: string): { service: string; instances: number } {
  const [service = "", instances = "1", ...rest] = word.split("=");
  if (!/^[1-9]\d{0,4}$/.test(instances) || rest.length > 0)
    throw new KitError("KIT_USAGE", `--consumers: ${JSON.stringify(word)} is not SERVICE=INSTANCES.`);
  return { service, instances: Number(instances) };
}

/** `kit new`. */
export const create: CommandDefinition = {
  configure: (command) =>
    command
      .argument("[kind]", `what to create: ${Object.keys(KINDS).join(", ")}`)
      .argument("[name]", "its name, for example fraud-check-service; for a consumer, the name of the service")
      .hook("preAction", (called) => {
        if (called.args.length === 0) called.outputHelp({ error: true });
      })
      .option("--from <template>", "service: template to copy, a folder of service-templates/")
      .option("--team <team>", "service, topic: owner of a new domain (default for a service: the template's team)")
      .option("--domain <name>", "topic: domain that owns it")
      .option("--description <text>", "topic: meaning of its records")
      .option("--partitions <n>", "topic: partitions at full size")
      .option("--key <field>", "topic: field that is the record key (default: no key)")
      .option("--retention <duration>", "topic: how long it keeps records (default: the stack's)")
      .option("--events <list>", "topic, consumer: event types, separated by commas")
      .option(
        "--producers <list>",
        "topic: services that write to it, each as SERVICE or SERVICE=RATE (average bytes per second, such as 50kB/s)",
      )
      .option("--consumers <list>", "topic: services that read it, each as SERVICE=INSTANCES")
      .option("--topic <name>", "consumer: topic that it reads")
      .option("--instances <n>", "consumer: consumers in its group (default: 1)")
      .option("--quota <rate>", "consumer: quota, for example 5MiB/s (default: the stack's)")
      .option("--retry <list>", "consumer: delays of its retry topics, for example 10s,5m (default: none)")
      .option("--dry-run", "show every file and change, write nothing")
      .option(
        "--json",
        "print {dryRun, created, changed: [{path, diff}], …}: for a service its access and notes, for a topic or consumer the effects",
      )
      .addHelpText(
        "after",
        `
service            copies a template under a new name, with its tests; declares its access in topics/ and its settings in
                   stacks/. It consumes the same events as the template and publishes its own events to its own topic.
topic, consumer    adds the topic or consumer to the domain's file and keeps comments and order. On a terminal, the command
                   asks for what the options leave out. Each event without a schema gets a first one.
The command checks the whole result before it writes anything, and overwrites nothing that exists.`,
      ),
  examples: [
    "npx kit new service fraud-check-service --from payment-service --team risk --dry-run",
    "npx kit new service loyalty-service --from analytics-service",
    'npx kit new topic order-notes --domain order --description "Remarks on an order." --partitions 12 --key orderId --events order.noted --producers order-service',
    "npx kit new consumer shipping-service --topic payment-events --events payment.refunded --instances 5 --dry-run",
  ],
  async run(context, options, args) {
    const [kind, name] = args;
    if (kind === undefined)
      throw new KitError("KIT_USAGE", "Name what to create.", {
        fix: "`npx kit new service|topic|consumer NAME`; `npx kit new --help` shows more.",
      });
    const make = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
    if (make === undefined) throw new KitError("KIT_NEW_UNKNOWN_KIND", JSON.stringify(kind));
    const foreign = Object.keys(options).find(
      (option) => !COMMON_OPTIONS.includes(option) && OPTIONS_OF[kind]?.includes(option) === false,
    );
    if (foreign !== undefined)
      throw new KitError("KIT_USAGE", `--${foreign} is not an option of a new ${kind}.`, {
        fix: `Options of a new ${kind}: ${(OPTIONS_OF[kind] ?? []).map((option) => `--${option}`).join(", ")}.`,
      });
    if (name === undefined)
      throw new KitError("KIT_USAGE", `The new ${kind} needs a name.`, {
        fix: `\`npx kit new ${kind} NAME …\`; \`npx kit new --help\` shows more.`,
      });
    await make(context, name, options);
    return EXIT.good;
  },
};
