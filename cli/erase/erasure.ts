/**
 * Erasing a customer's personal data. What belongs to processes under way is left for a later run: an order needs its
 * address until the parcel is there. What has ended is known before anything is changed, over all services, so that no
 * service forgets a customer whom another one still needs. Each service's rows change in one transaction, together with
 * the row of its audit trail, by the service's own login. Rows stay, with a pseudonym, so that the books still add up
 * and an event that comes again finds that it was applied.
 */
import { createHash, randomUUID } from "node:crypto";
import type { Client } from "pg";
import type { PersonalData } from "../../components/services/personal-data.ts";
import type { ServerAccess } from "../platform/platform-access.ts";
import { newPseudonym } from "./pseudonym.ts";
import type { ErasureStatement, Subject } from "./statements.ts";
import { casesQuery, countStatement, eraseStatement, idsQuery } from "./statements.ts";

/** What a service's template declares; absent: nothing, so it is not known what it holds. */
export interface DeclaredService {
  readonly service: string;
  readonly personalData: PersonalData | undefined;
}

/** What becomes, or would become, of a table. */
export interface ErasedTable {
  readonly table: string;
  readonly holds: string;
  /** Columns that are overwritten. */
  readonly columns: readonly string[];
  /** Rows. */
  readonly erased: number;
  /** Rows that are left, for they are still needed. */
  readonly left: number;
  readonly keeps: string;
  readonly because: string;
  readonly keptFor: string;
}

/** What becomes of a service's database. */
export interface ErasedService {
  readonly service: string;
  /** False: the template does not say what it holds. */
  readonly declared: boolean;
  readonly tables: readonly ErasedTable[];
}

/** What an erasure did, or would do. */
export interface Erasure {
  readonly erasureId: string;
  readonly dryRun: boolean;
  /** Nothing of the customer is left but what is kept for good. */
  readonly complete: boolean;
  /** Ids of the processes that are not at their end, sorted. */
  readonly underWay: readonly string[];
  readonly services: readonly ErasedService[];
}

/** How it is done. */
export interface ErasureOptions {
  readonly dryRun: boolean;
  /** Operating system user. */
  readonly actor: string;
  readonly reason?: string;
}

/**
 * Erases, or looks what would be erased. Running it again is harmless: it finds what was left.
 * @throws KitError `KIT_SERVER_UNREACHABLE`: services before it are done; run it again.
 */
export async function eraseCustomer(
  access: ServerAccess,
  services: readonly DeclaredService[],
  customer: string,
  options: ErasureOptions,
): Promise<Erasure> {
  const subject: Subject = { customer, pseudonym: newPseudonym() };
  const erasureId = randomUUID();
  const { ended, underWay } = await processesOf(access, services, subject);
  const done: ErasedService[] = [];
  for (const { service, personalData } of services) {
    const tables =
      personalData === undefined
        ? []
        : await inService(access, service, async (client) => {
            await client.query("BEGIN");
            try {
              const erased = await eraseTables(client, personalData, subject, ended, options.dryRun);
              if (!options.dryRun) {
                const left = erased.some((table) => table.left > 0) || underWay.length > 0;
                await client.query(
                  "INSERT INTO erasures (erasure_id, customer_digest, actor, reason, complete, detail) VALUES ($1, $2, $3, $4, $5, $6)",
                  [
                    erasureId,
                    createHash("sha256").update(customer).digest(),
                    options.actor,
                    options.reason ?? null,
                    !left,
                    JSON.stringify(
                      erased.map(({ table, erased: rows, left: kept }) => ({ table, erased: rows, left: kept })),
                    ),
                  ],
                );
              }
              await client.query("COMMIT");
              return erased;
            } catch (error) {
              await client.query("ROLLBACK").catch(() => undefined);
              throw error;
            }
          });
    done.push({ service, declared: personalData !== undefined, tables });
  }
  const complete =
    underWay.length === 0 && done.every(({ declared, tables }) => declared && tables.every(({ left }) => left === 0));
  return { erasureId, dryRun: options.dryRun, complete, underWay, services: done };
}

async function eraseTables(
  client: Client,
  { tables }: PersonalData,
  subject: Subject,
  ended: readonly string[],
  dryRun: boolean,
): Promise<readonly ErasedTable[]> {
  const counts: { readonly erased: number; readonly left: number }[] = [];
  // All are counted before the first is changed: a table may find its rows through another one.
  for (const table of tables)
    counts.push(
      (await rows<{ erased: number; left: number }>(client, countStatement(table, subject, ended)))[0] ?? {
        erased: 0,
        left: 0,
      },
    );
  const erased: ErasedTable[] = [];
  for (const [place, table] of tables.entries()) {
    const { erased: countedRows, left } = counts[place] ?? { erased: 0, left: 0 };
    const { text, values } = eraseStatement(table, subject, ended);
    const changed = dryRun ? countedRows : ((await client.query(text, [...values])).rowCount ?? 0);
    const { table: name, holds, keeps, because, keptFor } = table;
    erased.push({
      table: name,
      holds,
      columns: Object.keys(table.erase),
      erased: changed,
      left,
      keeps,
      because,
      keptFor,
    });
  }
  return erased;
}

/** The customer's processes over all services: those that have ended, and those that have not. */
async function processesOf(
  access: ServerAccess,
  services: readonly DeclaredService[],
  subject: Subject,
): Promise<{ readonly ended: readonly string[]; readonly underWay: readonly string[] }> {
  const declared = services.flatMap(({ service, personalData }) =>
    personalData === undefined ? [] : [{ service, personalData }],
  );
  const ask = async (
    statementsOf: (data: PersonalData) => readonly (ErasureStatement | undefined)[],
  ): Promise<readonly string[]> => {
    const found = new Set<string>();
    for (const { service, personalData } of declared) {
      const statements = statementsOf(personalData).filter((statement) => statement !== undefined);
      if (statements.length === 0) continue;
      await inService(access, service, async (client) => {
        for (const statement of statements)
          for (const { id } of await rows<{ id: string }>(client, statement)) found.add(id);
      });
    }
    return [...found];
  };
  // In this order: what begins after the first look is nobody's business here, what ends after it is told by the second.
  const all = await ask(({ tables }) => tables.map((table) => casesQuery(table, subject)));
  const awaited = await ask((data) => [data.awaited === undefined ? undefined : idsQuery(data.awaited, subject)]);
  const finished = new Set(
    await ask(({ finished: query }) => [
      query === undefined
        ? undefined
        : { text: `WITH ids(id) AS (${query}) SELECT id::text AS id FROM ids`, values: [awaited] },
    ]),
  );
  const underWay = new Set([
    ...(await ask((data) => [data.underWay === undefined ? undefined : idsQuery(data.underWay, subject)])),
    ...awaited.filter((id) => !finished.has(id)),
  ]);
  return { ended: all.filter((id) => !underWay.has(id)), underWay: [...underWay].toSorted() };
}

async function inService<T>(access: ServerAccess, service: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await access.databaseAsService(service);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function rows<R extends object>(client: Client, { text, values }: ErasureStatement): Promise<readonly R[]> {
  return (await client.query<R>(text, [...values])).rows;
}
