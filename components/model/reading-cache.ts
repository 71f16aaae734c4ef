import type { DomainReading } from "./read-domain.ts";
import type { SchemaFiles } from "./schema-files.ts";
import type { SourceFile } from "./source-file.ts";

/**
 * Domains that were read before, for whoever reads two trees that are nearly the same. A file counts as the same
 * when it is the same object, and so do the schemas it refers to; the domain is then the same object as well, so
 * that a comparison can skip it.
 */
export class ReadingCache {
  readonly #domains = new WeakMap<SourceFile, { readonly reading: DomainReading; readonly schemas: ReadonlyMap<string, SourceFile | undefined> }>();

  /**
   * The reading of a domain file, from before if nothing that it depends on is another file.
   * @param read - Reads it anew.
   */
  domain(file: SourceFile, schemas: SchemaFiles, read: () => DomainReading): DomainReading {
    const known = this.#domains.get(file);
    if (known !== undefined && [...known.schemas].every(([reference, schema]) => schemas.file(reference) === schema)) return known.reading;
    const reading = read();
    // Problems depend on what else lies in the folder ("did you mean"): a file that has any, or whose schemas have, is read each time.
    if (reading.domain === undefined || reading.problems.length > 0 || reading.incomplete === true) return reading;
    const references = reading.domain.topics.flatMap((topic) => topic.events.map((event) => event.schemaPath));
    // Without the places of everything in the file, which would stay in memory along with it.
    this.#domains.set(file, { reading: { domain: reading.domain, problems: [] }, schemas: new Map(references.map((reference) => [reference, schemas.file(reference)])) });
    return reading;
  }
}
