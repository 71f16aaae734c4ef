import type { SchemaFiles } from "../schemas/schema-files.ts";
import { sharedTypesOf } from "../schemas/shared-types.ts";
import type { SourceFile } from "../source-file.ts";
import type { DomainReading } from "./read-domain.ts";

/**
 * Cache of domains, for a command that reads two nearly equal trees. A file counts as equal if it is the same object,
 * and so are the schemas that it refers to. The domain is then also the same object, so that a comparison can skip it.
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
   * Returns a domain file's reading, from the cache if none of the files that it depends on changed.
   * @param read - Reads the file.
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
    // Problems depend on the other files in the folder ("did you mean"). A file with problems of its own or of its
    // schemas is therefore always read again.
    if (reading.domain === undefined || reading.problems.length > 0 || reading.incomplete === true) return reading;
    const events = reading.domain.topics.flatMap((topic) => topic.events);
    // The cache omits the locations of everything in the file, because they would stay in memory.
    this.#domains.set(file, {
      reading: { domain: reading.domain, problems: [] },
      schemas: new Map(events.map(({ schemaPath }) => [schemaPath, schemas.file(schemaPath)])),
      shared: new Map(sharedTypesOf(events).map(({ name }) => [name, schemas.filesDefining(name)])),
    });
    return reading;
  }
}
