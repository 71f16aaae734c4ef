/** Handlers of a template for events that its copy does not consume. Pure: text in, text out. */
import type { TemplateFile } from "./project-reading.ts";

/**
 * Removes the handlers of some events from the files. Such a handler has its own file, `src/handlers/order-created.ts` for
 * `order.created`. The file is removed, and elsewhere the line that imports it and its line in the list of `handlers`.
 */
export function withoutHandlers(files: readonly TemplateFile[], events: readonly string[]): TemplateFile[] {
  if (events.length === 0) return [...files];
  const gone = new Set(events.map((event) => `src/handlers/${event.replaceAll(".", "-")}.ts`));
  const names = new Set([...gone].map((path) => path.slice(path.lastIndexOf("/") + 1)));
  return files
    .filter(({ path }) => !gone.has(path))
    .map((file) =>
      typeof file.content === "string" && /\.[cm]?ts$/u.test(file.path)
        ? { ...file, content: withoutLines(file.content, names, new Set(events)) }
        : file,
    );
}

function withoutLines(text: string, handlers: ReadonlySet<string>, events: ReadonlySet<string>): string {
  return text
    .split("\n")
    .filter((line) => !handlers.has(/^import .* from "[^"]*\/handlers\/([^"/]+)";$/u.exec(line)?.[1] ?? ""))
    .join("\n")
    .replaceAll(/^( *)handlers: \{\n(?:\1 .*\n)*/gmu, (list) =>
      list
        .split("\n")
        .filter((line) => !events.has(/^\s*"([^"]+)": .*,$/u.exec(line)?.[1] ?? ""))
        .join("\n"),
    )
    .replaceAll(/\bhandlers: \{\s*\}/gu, "handlers: {}");
}
