import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import { EXIT, KitError } from "../../errors.ts";
import type { Level } from "../../logs/log-lines.ts";

/** Default limit of shown lines. */
const DEFAULT_LINES = 200;

/** `kit logs`. */
export const logs: CommandDefinition = {
  configure: (command) =>
    command
      .argument("[names...]", "processes or services; without one, all services")
      .option("--order <id>", "lines that name this order (or any other id), and lines of the same traces")
      .option("--follow", "go on with what is added, until Ctrl-C")
      .option("--level <level>", "least level: trace, debug, info, warn, error, fatal")
      .option("--since <duration>", "lines of the last time, for example 10m")
      .option("--lines <n>", `latest lines to show; without --order and --since ${DEFAULT_LINES}`)
      .option("--json", "print one JSON object a line: {time, process, level, message, fields}")
      .addHelpText(
        "after",
        `
Reads the logs of several processes as one, in the order of their times.
Exit code 1 when --order finds no line.`,
      ),
  examples: [
    "npx kit logs --follow",
    "npx kit logs order-service payment-service --level warn --since 10m",
    "npx kit logs --order 0198c1de-5d0a-7c39-a1d4-6a0c2f6f1f10",
    "npx kit logs kafka-broker-0 --lines 50",
  ],
  async run(context, options, names) {
    const [
      { showLogs },
      { chooseLogs },
      lineFormat,
      { LEVELS },
      quantities,
      { watchInterruptions },
      { listProcesses },
      { substrateFolder },
    ] = await Promise.all([
      import("../../logs/show-logs.ts"),
      import("../../logs/choose-logs.ts"),
      import("../../logs/line-format.ts"),
      import("../../logs/log-lines.ts"),
      import("../../terminal/quantities.ts"),
      import("../../terminal/interruption.ts"),
      import("../../../components/provider/process/index.ts"),
      import("../../platform/platform-status.ts"),
    ]);
    const given = text(options, "level");
    const level = LEVELS.find((known): known is Level => known === given);
    if (given !== undefined && level === undefined)
      throw new KitError("KIT_USAGE", `${JSON.stringify(given)} is none of ${LEVELS.join(", ")}.`);
    const id = text(options, "order");
    if (id !== undefined && id.trim().length < 6)
      throw new KitError("KIT_USAGE", "--order takes an id, or a part of one of at least 6 characters.");
    const since = text(options, "since");
    const lines = text(options, "lines");
    const processes = await listProcesses(substrateFolder(context.stateDir));
    if (processes.length === 0) throw new KitError("KIT_PLATFORM_NOT_RUNNING", "no process was started yet");

    const write = flag(options, "json") ? lineFormat.jsonWriter(context) : lineFormat.textWriter(context);
    const most =
      lines === undefined
        ? id === undefined && since === undefined
          ? DEFAULT_LINES
          : undefined
        : quantities.parseQuantity(lines);
    const stopping = new AbortController();
    const watch = watchInterruptions(() => stopping.abort());
    try {
      const shown = await showLogs(
        chooseLogs(processes, names),
        {
          ...(level === undefined ? {} : { level }),
          ...(id === undefined ? {} : { id: id.trim() }),
          ...(since === undefined ? {} : { since: context.now() - quantities.parseDuration(since) }),
          ...(most === undefined ? {} : { lines: most }),
          ...(flag(options, "follow") ? { follow: stopping.signal } : {}),
        },
        write,
      );
      if (id === undefined || shown > 0) return EXIT.good;
      context.stderr.write("No line names it. The logs keep about the last 20 MB of each process.\n");
      return EXIT.no;
    } finally {
      watch.stop();
    }
  },
};
