/** Result of parsing a value with a unit: its number in the base unit, or the fault and what to write. */
export type Quantity =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly message: string; readonly fix: string };

/** A family of units with one base unit. */
export interface UnitFamily {
  /** Name of the measure for messages, for example `duration`. */
  readonly noun: string;
  /** Name of the base unit. */
  readonly base: string;
  /** Factor of each unit, in base units. Factors are integers. */
  readonly units: Readonly<Record<string, number>>;
  /** A valid value, for messages. */
  readonly example: string;
  /**
   * Units of everyday language, each as a number of one of the family's units. They are refused with an exact
   * suggestion.
   */
  readonly spoken?: Readonly<Record<string, readonly [count: number, unit: string]>>;
}

/** Returns the regular expression of the family's values, for JSON Schema and editors. */
export function quantityPattern(family: UnitFamily): string {
  return `^(0|[1-9][0-9]{0,15})(${Object.keys(family.units).join("|")})$`;
}

/**
 * Parses an integer with a unit, without a space between. Fractions are refused (the user can write a smaller unit), so
 * that a printed value always parses to itself.
 */
export function parseQuantity(text: string, family: UnitFamily): Quantity {
  const units = Object.keys(family.units);
  const match = /^(\d+)(\D*)$/.exec(text.trim());
  const digits = match?.[1];
  const unit = match?.[2]?.trim();
  const refuse = (why: string, fix: string): Quantity => ({
    ok: false,
    message: `${JSON.stringify(text)} is no ${family.noun}: ${why}`,
    fix,
  });
  if (digits === undefined || unit === undefined)
    return refuse("it must be a whole number and a unit", `for example ${family.example}`);
  if (unit === "")
    return refuse(
      "the unit is missing",
      `for example ${digits}${/[a-z/]+$/i.exec(family.example)?.[0] ?? units[0]} (units: ${units.join(", ")})`,
    );
  const factor = Object.hasOwn(family.units, unit) ? family.units[unit] : undefined;
  if (factor === undefined) {
    const meant = meantUnit(Number(digits), unit.toLowerCase(), family);
    return refuse(
      `unknown unit ${JSON.stringify(unit)}`,
      meant === undefined ? `use one of ${units.join(", ")}` : `did you mean ${meant}?`,
    );
  }
  const pattern = new RegExp(quantityPattern(family));
  const tidy = `${Number(digits)}${unit}`;
  if (!pattern.test(text))
    return refuse(
      "it has blanks or leading zeros, or is too long",
      pattern.test(tidy) ? `write ${tidy}` : `for example ${family.example}`,
    );
  const value = Number(digits) * factor;
  if (!Number.isSafeInteger(value)) return refuse("it is too large", `for example ${family.example}`);
  return { ok: true, value };
}

/**
 * Returns the quantity that the user probably meant by an unknown unit, or undefined: a unit in other case, an everyday
 * word, or a rate without its "/s".
 */
function meantUnit(count: number, unit: string, { units, spoken = {} }: UnitFamily): string | undefined {
  const known = Object.keys(units);
  const same =
    known.find((candidate) => candidate.toLowerCase() === unit) ??
    known.find((candidate) => candidate.toLowerCase() === `${unit}/s`);
  if (same !== undefined) return `${count}${same}`;
  const word = Object.hasOwn(spoken, unit) ? spoken[unit] : undefined;
  return word === undefined || !Number.isSafeInteger(count * word[0]) ? undefined : `${count * word[0]}${word[1]}`;
}

/** Prints a number of base units in the largest unit that divides it, so that it parses to itself. */
export function formatQuantity(value: number, family: UnitFamily): string {
  const units = Object.entries(family.units).sort(([, a], [, b]) => b - a);
  const smallest = units.at(-1);
  if (smallest === undefined || !Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${value} is no ${family.noun} in whole base units`);
  if (value === 0) return `0${smallest[0]}`;
  const [unit, factor] = units.find(([, candidate]) => value % candidate === 0) ?? smallest;
  return `${value / factor}${unit}`;
}

/** Returns the meaning of a number without a unit, for the message that refuses it: ` (as milliseconds that is 7d)`. */
export function asBaseUnits(value: unknown, family: UnitFamily): string {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0
    ? ` (as ${family.base} that is ${formatQuantity(value, family)})`
    : "";
}
