import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';

const schema = `
  create table if not exists entity (
    model text not null, id text not null, payload text not null, grant_id text, uid text, user_code text, expires_at integer,
    primary key (model, id)
  ) without rowid;
  create index if not exists entity_grant on entity (grant_id);
  create index if not exists entity_uid on entity (uid);
  create table if not exists redeemed (refresh_token_hash text primary key) without rowid;
  create table if not exists counter (name text primary key, n integer not null) without rowid;
  create table if not exists setting (name text primary key, value text not null) without rowid;
`;

/** What the provider keeps across restarts, even a SIGKILL. */
export interface Store {
  readonly db: DatabaseSyncInstance;
  /** Adds one to a counter. */
  count(name: string): void;
  /** All counters. */
  counters(): Map<string, number>;
  /** Notes that a refresh token was redeemed; a repeated one counts once. */
  noteRedeem(refreshToken: string): void;
  /** How many distinct refresh tokens were redeemed. */
  redeems(): number;
  /** A value created once, the same after a restart. */
  remember(name: string, make: () => Promise<string>): Promise<string>;
  close(): void;
}

/** Opens the provider's state. @param file path of a SQLite file, created with mode 0600 if missing; undefined: in memory. */
export function openStore(file: string | undefined): Store {
  if (file !== undefined) makePrivate(file);
  const db = new DatabaseSync(file ?? ':memory:');
  // NORMAL under WAL survives SIGKILL; only a power cut may lose the last commits, which a demo can bear
  db.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = 2000;');
  db.exec(schema);
  db.prepare('delete from entity where expires_at < ?').run(Math.floor(Date.now() / 1000));
  const statements = {
    count: db.prepare('insert into counter values (?, 1) on conflict (name) do update set n = n + 1'),
    counters: db.prepare('select name, n from counter'),
    redeem: db.prepare('insert or ignore into redeemed values (?)'),
    redeems: db.prepare('select count(*) as n from redeemed'),
    setting: db.prepare('select value from setting where name = ?'),
    set: db.prepare('insert or ignore into setting values (?, ?)'),
  };
  return {
    db,
    count: (name) => void statements.count.run(name),
    counters: () => new Map(statements.counters.all().map((row) => [String(row['name']), Number(row['n'])])),
    noteRedeem: (refreshToken) => void statements.redeem.run(createHash('sha256').update(refreshToken).digest('hex')),
    redeems: () => Number(statements.redeems.get()?.['n'] ?? 0),
    async remember(name, make) {
      const known = statements.setting.get(name)?.['value'];
      if (typeof known === 'string') return known;
      const made = await make();
      statements.set.run(name, made);
      return made;
    },
    close: () => db.close(),
  };
}

function makePrivate(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  closeSync(openSync(file, 'a', 0o600));
}
