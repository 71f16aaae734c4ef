/** Metrics that services publish about themselves, read from their management ports. */

/** A line of the Prometheus text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Parses the text format; skips lines that are not a sample. Pure. */
export function parseSamples(text: string): readonly Sample[] {
  return text.split("\n").flatMap((line) => {
    const [, name, labels = "", value] = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/.exec(line) ?? [];
    if (name === undefined || value === undefined || Number.isNaN(Number(value))) return [];
    const pairs = [...labels.matchAll(/([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(
      ([, key = "", text = ""]) => [key, text] as const,
    );
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });
}

/** Sum over the samples of a metric that have all the labels; pure. */
export function sumOf(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): number {
  return samples
    .filter(
      (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    )
    .reduce((sum, { value }) => sum + value, 0);
}

const LIMIT_MS = 3_000;

/**
 * All samples of the given processes; processes that do not answer are skipped.
 * @param addresses - Base URLs of management APIs.
 */
export async function readSamples(addresses: readonly string[]): Promise<readonly Sample[]> {
  const texts = await Promise.all(
    addresses.map(async (address) => {
      try {
        const response = await fetch(new URL("/metrics", address), { signal: AbortSignal.timeout(LIMIT_MS) });
        return response.ok ? await response.text() : "";
      } catch {
        return "";
      }
    }),
  );
  return texts.flatMap(parseSamples);
}
