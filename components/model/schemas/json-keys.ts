/** A key that appears twice in one object of a JSON text. */
export interface DuplicateKey {
  readonly key: string;
  /** Index of its second occurrence in the text. */
  readonly offset: number;
}

const text = /"(?:[^"\\]|\\.)*"/suy;

/**
 * Finds the first key that appears twice in its object, which `JSON.parse` does not report; undefined if there is none.
 * It takes one pass over the text.
 * @param json - Valid JSON.
 */
export function findDuplicateKey(json: string): DuplicateKey | undefined {
  /** Keys of the open objects; undefined stands for a list. */
  const open: (Set<string> | undefined)[] = [];
  for (let index = 0; index < json.length; index += 1) {
    const character = json[index];
    if (character === "{") open.push(new Set());
    else if (character === "[") open.push(undefined);
    else if (character === "}" || character === "]") open.pop();
    else if (character === '"') {
      text.lastIndex = index;
      const [quoted] = text.exec(json) ?? [];
      if (quoted === undefined) return undefined;
      const keys = open.at(-1);
      const end = index + quoted.length;
      if (keys !== undefined && /^\s*:/u.test(json.slice(end, end + 64))) {
        const key = String(JSON.parse(quoted));
        if (keys.has(key)) return { key, offset: index };
        keys.add(key);
      }
      index = end - 1;
    }
  }
  return undefined;
}
