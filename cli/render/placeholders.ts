/**
 * Placeholders in rendered YAML for secrets and other values that only a running platform knows. Their format is that of Argo
 * CD's Vault plugin, `<path:PATH#KEY>`, which other tools read too. The plugin fills in the values from a secret store when the
 * YAML is applied, also inside longer texts such as a configuration file.
 */

/** Makes placeholders for one path of the secret store, and records them. */
export class Placeholders {
  readonly #path: string;
  readonly #keys = new Set<string>();

  /** @param path - Path in the secret store, for example `event-platform/prod`. */
  constructor(path: string) {
    this.#path = path;
  }

  /** The placeholder of a value. */
  of(key: string): string {
    this.#keys.add(key);
    return `<path:${this.#path}#${key}>`;
  }

  /** All keys so far, sorted. */
  get keys(): readonly string[] {
    return [...this.#keys].sort();
  }
}
