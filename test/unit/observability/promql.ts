/** Parses PromQL as Prometheus does and returns the series and labels that an expression names. */
import { parser } from "@prometheus-io/lezer-promql";

/** A selector of series. */
export interface Selector {
  readonly metric: string;
  /** Labels that it matches on. */
  readonly labels: readonly string[];
}

/** What an expression names. */
export interface Named {
  readonly selectors: readonly Selector[];
  /** Labels of `by`, `without`, `on`, `ignoring` and `group_left`. */
  readonly grouping: readonly string[];
  /** Labels that `label_replace` and `label_join` make. */
  readonly made: readonly string[];
}

/** @throws SyntaxError with the location when it is not PromQL. */
export function namedIn(expression: string): Named {
  const selectors: Selector[] = [];
  const grouping: string[] = [];
  const made: string[] = [];
  const tree = parser.parse(expression);
  const text = ({ from, to }: { readonly from: number; readonly to: number }): string => expression.slice(from, to);
  tree.iterate({
    enter(node) {
      if (node.type.isError)
        throw new SyntaxError(
          `${JSON.stringify(expression)} is no PromQL at ${expression.slice(node.from) || "its end"}`,
        );
      if (node.name === "VectorSelector") {
        const metric = node.node.getChild("Identifier");
        const matchers = node.node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? [];
        selectors.push({
          metric: metric === null ? "" : text(metric),
          labels: matchers.flatMap((matcher) => matcher.getChildren("LabelName").map(text)),
        });
      }
      if (node.name === "GroupingLabels") grouping.push(...node.node.getChildren("LabelName").map(text));
      if (node.name === "FunctionCall") {
        const called = node.node.getChild("FunctionIdentifier");
        const given = node.node.getChild("FunctionCallBody")?.getChildren("StringLiteral") ?? [];
        if (called !== null && /^label_(replace|join)$/.test(text(called)) && given[0] !== undefined)
          made.push(text(given[0]).slice(1, -1));
      }
      return true;
    },
  });
  return { selectors, grouping, made };
}
