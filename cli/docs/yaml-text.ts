/** Documents as YAML: the same bytes for the same content, with every text unchanged. Pure. */
import { Document, visit } from "yaml";

/** Invisible characters that YAML allows unescaped: direction marks, zero-width characters, unusual line ends. */
const INVISIBLE = /[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/**
 * Documents in one stream, without anchors and folding. Texts with invisible characters are quoted, and these characters are
 * escaped.
 */
export function yamlText(documents: readonly unknown[]): string {
  return documents.map(oneDocument).join("---\n");
}

function oneDocument(content: unknown): string {
  const document = new Document(content, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === "string" && node.value.search(INVISIBLE) !== -1) node.type = "QUOTE_DOUBLE";
    },
  });
  return document
    .toString({ lineWidth: 0 })
    .replaceAll(INVISIBLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
