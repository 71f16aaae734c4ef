import type { SchemaFiles } from "../schemas/schema-files.ts";
import { sharedTypesOf } from "../schemas/shared-types.ts";
import type { SourceFile } from "../source-file.ts";
import type { DomainReading } from "./read-domain.ts";

/**
 * Domains that were read before, for a command that reads two trees that are nearly the same. A file counts as the same
 * when it is the same object, and so do the schemas it refers to; the domain is then the same object as well, so
 * that a comparison can skip it.
 */
export class ReadingCache {
  readonly #domains = new WeakMap<
    SourceFile,
    {
      readonly reading: DomainReading;
      readonly schemas: ReadonlyMap<string, SourceFile | undefined>;
      readonly shared: ReadonlyMap<string, readonly (SourceFile | undefined)[]>;
    }
  >();

  /**
   * The reading of a domain file, from before if nothing that it depends on is another file.
   * @param read - Reads it again.
   */
  domain(file: SourceFile, schemas: SchemaFiles, read: () => DomainReading): DomainReading {
    const known = this.#domains.get(file);
    const same = (files: readonly (SourceFile | undefined)[], others: readonly (SourceFile | undefined)[]): boolean =>
      files.length === others.length && files.every((each, index) => each === others[index]);
    if (
      known !== undefined &&
      [...known.schemas].every(([reference, schema]) => schemas.file(reference) === schema) &&
      [...known.shared].every(([name, files]) => same(schemas.filesDefining(name), files))
    )
      return known.reading;
    const reading = read();
    // Problems depend on what else lies in the folder ("did you mean"): a file that has any, or whose schemas have, is read each time.
    if (reading.domain === undefined || reading.problems.length > 0 || reading.incomplete === true) return reading;
    const events = reading.domain.topics.flatMap((topic) => topic.events);
    // Without the places of everything in the file, which would stay in memory along with it.
    this.#domains.set(file, {
      reading: { domain: reading.domain, problems: [] },
      schemas: new Map(events.map(({ schemaPath }) => [schemaPath, schemas.file(schemaPath)])),
      shared: new Map(sharedTypesOf(events).map(({ name }) => [name, schemas.filesDefining(name)])),
    });
    return reading;
  }
}
