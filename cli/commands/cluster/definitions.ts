import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import { EXIT, KitError } from "../../errors.ts";

/** `kit definitions`. */
export const definitions: CommandDefinition = {
  configure: (command) =>
    command
      .requiredOption("--stack <name>", "stack on Kubernetes whose cluster to inspect (kubernetes.context in its file)")
      .option("--remove", "remove the definitions; refused while any resource or operator in the cluster needs them")
      .option("--json", "print {context, definitions: [{name, kind, resources}], operators, removed}")
      .addHelpText(
        "after",
        `
Strimzi's resource definitions belong to the whole cluster. They stay when a stack is destroyed, because deleting them would
delete every team's Kafka clusters. When the last cluster is gone, --remove deletes them.`,
      ),
  examples: ["npx kit definitions --stack prod", "npx kit definitions --stack dev --remove"],
  async run(context, options) {
    const stack = text(options, "stack");
    if (stack === undefined) throw new KitError("KIT_USAGE", "--stack is required.");
    const [{ clusterOf }, { findDefinitions, isUnused, removeDefinitions }, { renderTable, writeJson }] =
      await Promise.all([
        import("../../kubernetes/cluster.ts"),
        import("../../kubernetes/definitions.ts"),
        import("../../terminal/output.ts"),
      ]);
    const api = await clusterOf(context, stack);
    const remove = flag(options, "remove");
    const report = await (remove ? removeDefinitions(api) : findDefinitions(api));
    if (flag(options, "json")) {
      writeJson(context, { context: api.context, ...report });
    } else {
      const places = (list: readonly { readonly namespace: string; readonly name: string }[]): string =>
        list.length === 0 ? "-" : list.map(({ namespace, name }) => `${namespace}/${name}`).join(", ");
      const rows = report.definitions.map(({ name, resources }) => [name, String(resources.length), places(resources)]);
      context.stdout.write(
        rows.length === 0
          ? `The cluster of context ${api.context} has no Strimzi definitions.\n`
          : `${renderTable([{ title: "DEFINITION" }, { title: "RESOURCES", align: "right" }, { title: "WHICH" }], rows)}\nOperators: ${places(report.operators)}\n`,
      );
      if (report.removed) context.stdout.write("Removed.\n");
      else if (remove)
        context.stderr.write(
          "Nothing was removed: the resources and operators above need the definitions and would be deleted with them.\n",
        );
    }
    return remove && !isUnused(report) ? EXIT.no : EXIT.good;
  },
};
