import { RE2JS, RE2JSSyntaxException } from "re2js";
import * as z from "zod";

/**
 * A regular expression that a stack sets for a rule. Its time is linear in the length of the text, so no pattern can
 * block a check.
 */
export interface Pattern {
  /** As the stack writes it. */
  readonly text: string;
  /** Returns whether the pattern occurs in a text. `^` and `$` are the ends of the text. */
  matches(text: string): boolean;
}

/** Maximum length of a pattern in characters. */
const maxLength = 200;
/** Maximum number of instructions of a compiled pattern. Each can cost one step per character of each name. */
const maxProgramSize = 1_000;

/**
 * Type of a pattern as a rule's parameter, in the syntax of RE2. It is the syntax of JavaScript without look-around and
 * back-references, for which no linear-time matching is known.
 */
export const pattern: z.ZodType<Pattern, string> = z
  .string()
  .max(maxLength)
  .meta({
    description: `A regular expression in the syntax of RE2, at most ${maxLength} characters.`,
    examples: ["^[a-z]+(?:-[a-z]+)*$"],
  })
  .transform((text, context) => {
    const compiled = compile(text);
    if ("refused" in compiled) {
      context.issues.push({
        code: "custom",
        message: `${JSON.stringify(text)} is not a valid pattern: ${compiled.refused}`,
        input: text,
        params: { fix: compiled.fix },
      });
      return z.NEVER;
    }
    return compiled;
  });

function compile(text: string): Pattern | { readonly refused: string; readonly fix: string } {
  let program: RE2JS;
  try {
    program = RE2JS.compile(text);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return { refused: describe(text, error.message), fix: fixOf(text) };
  }
  const size = program.programSize();
  if (size > maxProgramSize)
    return {
      refused: `its repetitions expand to ${size} steps; the maximum is ${maxProgramSize}`,
      fix: "repeat with * or +, or fewer times",
    };
  return { text, matches: (name) => program.test(name) };
}

function describe(text: string, message: string): string {
  if (lookAround.test(text)) return "it uses look-around";
  if (backReference.test(text)) return "it uses a back-reference";
  return message.replace(/^error parsing regexp: /, "");
}

function fixOf(text: string): string {
  if (lookAround.test(text)) return "write it without (?=…), (?!…), (?<=…) and (?<!…)";
  if (backReference.test(text)) return "repeat the group's pattern instead of \\1 or \\k<…>";
  return "write it in the syntax of RE2 (https://github.com/google/re2/wiki/Syntax)";
}

const lookAround = /\(\?<?[=!]/;
const backReference = /\\(?:[1-9]|k<)/;
