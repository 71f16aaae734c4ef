import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMigrationFiles, readServiceMigrations } from "@event-platform-kit/service/migration/files";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

describe("readMigrationFiles", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "migrations-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("reads in order of version and leaves other files alone", () => {
    writeFileSync(join(folder, "0002_orders.sql"), "select 2");
    writeFileSync(join(folder, "0001_outbox.sql"), "select 1");
    writeFileSync(join(folder, "README.md"), "");
    expect(readMigrationFiles(folder)).toEqual([
      { version: "0001", name: "outbox", sql: "select 1" },
      { version: "0002", name: "orders", sql: "select 2" },
    ]);
  });

  it("names a file that breaks the naming rule", () => {
    writeFileSync(join(folder, "orders.sql"), "");
    expect(() => readMigrationFiles(folder)).toThrow(/orders\.sql: a migration is named NNNN_name\.sql/);
  });

  it("refuses one version twice", () => {
    writeFileSync(join(folder, "0001_a.sql"), "");
    writeFileSync(join(folder, "0001_b.sql"), "");
    expect(() => readMigrationFiles(folder)).toThrow(/version 0001 stands twice/);
  });

  it("puts the library's migrations, under a sequence of their own, before the service's", () => {
    const library = join(folder, "library");
    mkdirSync(library);
    writeFileSync(join(library, "0001_outbox.sql"), "select 1");
    writeFileSync(join(folder, "0001_orders.sql"), "select 2");
    expect(readServiceMigrations(folder, library).map(({ version, name }) => `${version}_${name}`)).toEqual([
      "lib.0001_outbox",
      "0001_orders",
    ]);
  });
});
