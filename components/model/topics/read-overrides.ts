import { compareText } from "../problems/problem.ts";
import type { ModelRule } from "../problems/rules.ts";
import type { Located, PropertyPath } from "../problems/validation.ts";
import type { TopicDeclaration, TopicOverride } from "../types.ts";
import { defined } from "../values/defined.ts";
import type { TopicFile } from "./topic-file.ts";

type Report = (rule: ModelRule, path: PropertyPath, message: string, fix?: string) => void;

/** Reads the environments of a topic and its overrides. Another check tests whether the environments exist. */
export function readEnvironments(
  name: string,
  { stacks, overrides }: TopicFile["topics"][string],
  at: Located,
  report: Report,
): Pick<TopicDeclaration, "stacks" | "overrides"> {
  const path = ["topics", name];
  stacks?.forEach((stack, index) => {
    if (stacks.indexOf(stack) !== index)
      report("invalid-value", [...path, "stacks", index], `${name}: the stack ${stack} is listed twice`, "delete one");
  });
  const read = Object.entries(overrides ?? {}).map(([stack, settings]): [string, TopicOverride] => {
    const where = [...path, "overrides", stack];
    if (stacks !== undefined && !stacks.includes(stack))
      report(
        "setting-without-effect",
        where,
        `${name}: overrides name the stack ${stack}, which does not have the topic (stacks: ${stacks.join(", ")})`,
        `delete them, or add ${stack} to stacks`,
      );
    return [
      stack,
      {
        settings: defined(settings),
        places: Object.fromEntries(
          Object.keys(settings).map((setting) => [setting, at.place([...where, setting], "key")]),
        ),
        source: at.place(where, "key"),
      },
    ];
  });
  return {
    ...(stacks === undefined ? {} : { stacks: [...new Set(stacks)].sort(compareText) }),
    ...(read.length === 0 ? {} : { overrides: Object.fromEntries(read.sort(([a], [b]) => compareText(a, b))) }),
  };
}

/** Returns the location of each environment of a topic's `stacks`, by `stacks.<stack>`. */
export function placesOfStacks(
  name: string,
  stacks: readonly string[] | undefined,
  at: Located,
): TopicDeclaration["places"] {
  return Object.fromEntries(
    (stacks ?? []).map((stack, index) => [`stacks.${stack}`, at.place(["topics", name, "stacks", index])]),
  );
}
