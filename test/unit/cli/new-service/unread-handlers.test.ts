import { expect, it } from "vitest";
import type { TemplateFile } from "../../../../cli/new-service/project-reading.ts";
import { withoutHandlers } from "../../../../cli/new-service/unread-handlers.ts";

const file = (path: string, content: string): TemplateFile => ({ path, content, mode: 0o644 });
const SERVICE = `import { orderCreated } from "./handlers/order-created.ts";
import { orderPaid } from "./handlers/order-paid.ts";

export const start = () => ({
  handlers: {
    "order.created": orderCreated({
      clock,
    }),
    "order.paid": orderPaid(clock),
  },
  labels: {
    "order.paid": "paid",
  },
});
`;

it("leaves out handlers of events that are not read, and nothing else that is called like them", () => {
  const kept = withoutHandlers(
    [
      file("src/handlers/order-created.ts", "created"),
      file("src/handlers/order-paid.ts", "paid"),
      file("src/service.ts", SERVICE),
      file("src/state.ts", '  "order.paid": 1,\n'),
    ],
    ["order.paid"],
  );
  expect(kept.map(({ path }) => path)).toEqual(["src/handlers/order-created.ts", "src/service.ts", "src/state.ts"]);
  expect(kept[1]?.content).toBe(
    SERVICE.replace('import { orderPaid } from "./handlers/order-paid.ts";\n', "").replace(
      '    "order.paid": orderPaid(clock),\n',
      "",
    ),
  );
  expect(kept[2]?.content).toBe('  "order.paid": 1,\n');
});

it("leaves an empty list where no event is read", () => {
  const [kept] = withoutHandlers(
    [file("src/service.ts", '  return {\n    handlers: {\n      "a.b": ab,\n    },\n  };\n')],
    ["a.b"],
  );
  expect(kept?.content).toBe("  return {\n    handlers: {},\n  };\n");
});

it("changes nothing where every event is read", () => {
  const files = [file("src/service.ts", SERVICE)];
  expect(withoutHandlers(files, [])).toEqual(files);
});
