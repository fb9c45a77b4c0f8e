import type { Client } from 'pg';
import type { SecretScan } from './secret-scan.js';

/**
 * Adds every row of every table of a database to the scan, including bytes and JSON, which PostgreSQL may compress in its files.
 * @returns how many rows each table has
 */
export async function lookAtDatabase(scan: SecretScan, client: Client): Promise<ReadonlyMap<string, number>> {
  const tables = await client.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
  );
  const counts = new Map<string, number>();
  for (const { name } of tables.rows) {
    const { rows } = await client.query<Record<string, unknown>>(`select * from ${name}`);
    for (const row of rows) scan.addTextsOf(`table ${client.database ?? ''}.${name}`, row);
    counts.set(name, rows.length);
  }
  return counts;
}
