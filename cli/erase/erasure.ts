/**
 * Erases a customer's personal data. Data of processes in progress is kept for a later run: an order needs its address until
 * the parcel is delivered. The ended processes are determined over all services before anything changes, so that no service
 * forgets a customer whom another one still needs. Each service's rows change in one transaction, together with the row of its
 * audit trail, with the service's own login. Rows stay, with a pseudonym, so that the accounts still balance and a redelivered
 * event finds that it was applied.
 */
import { createHash, randomUUID } from "node:crypto";
import type { Client } from "pg";
import type { PersonalData } from "../../components/services/personal-data.ts";
import type { ServerAccess } from "../platform/platform-access.ts";
import { newPseudonym } from "./pseudonym.ts";
import type { ErasureStatement, Subject } from "./statements.ts";
import { casesQuery, countStatement, eraseStatement, idsQuery } from "./statements.ts";

/** The declaration in a service's template; absent: its personal data is unknown. */
export interface DeclaredService {
  readonly service: string;
  readonly personalData: PersonalData | undefined;
}

/** The change, or planned change, of a table. */
export interface ErasedTable {
  readonly table: string;
  readonly holds: string;
  /** Columns that are overwritten. */
  readonly columns: readonly string[];
  /** Rows. */
  readonly erased: number;
  /** Rows that are kept because they are still needed. */
  readonly left: number;
  readonly keeps: string;
  readonly because: string;
  readonly keptFor: string;
}

/** The change of a service's database. */
export interface ErasedService {
  readonly service: string;
  /** False: the template does not declare its personal data. */
  readonly declared: boolean;
  readonly tables: readonly ErasedTable[];
}

/** Result, or preview, of an erasure. */
export interface Erasure {
  readonly erasureId: string;
  readonly dryRun: boolean;
  /** Only permanently kept data of the customer is left. */
  readonly complete: boolean;
  /** Ids of the processes in progress, sorted. */
  readonly underWay: readonly string[];
  readonly services: readonly ErasedService[];
}

/** Options of an erasure. */
export interface ErasureOptions {
  readonly dryRun: boolean;
  /** Operating system user. */
  readonly actor: string;
  readonly reason?: string;
}

/**
 * Erases, or previews an erasure. Running it again is harmless: it erases what was kept before.
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
  // All tables are counted before the first changes, because a table may find its rows through another one.
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

/** The customer's processes over all services: ended ones and those in progress. */
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
  // The order matters: a process that begins after the first query is ignored; the second query shows a process that ends in
  // between.
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
