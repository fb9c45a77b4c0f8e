import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import type { Store } from './store.js';

/** Keeps oidc-provider's grants and tokens in SQLite, so that a restart does not end every grant. */
export function createAdapter(store: Store): AdapterFactory {
  const { db } = store;
  const columns = 'select payload, expires_at from entity where model = ? and';
  const statements = {
    upsert: db.prepare(
      `insert into entity values (?, ?, ?, ?, ?, ?, ?)
       on conflict (model, id) do update set payload = excluded.payload, expires_at = excluded.expires_at`,
    ),
    byId: db.prepare(`${columns} id = ?`),
    byUid: db.prepare(`${columns} uid = ?`),
    byUserCode: db.prepare(`${columns} user_code = ?`),
    consume: db.prepare(`update entity set payload = json_set(payload, '$.consumed', ?) where model = ? and id = ?`),
    destroy: db.prepare('delete from entity where model = ? and id = ?'),
    revoke: db.prepare('delete from entity where model = ? and grant_id = ?'),
  };

  return (model): Adapter => ({
    async upsert(id, payload, expiresInS) {
      const { grantId = null, uid = null, userCode = null } = payload;
      const expiresAt = expiresInS === undefined ? null : nowS() + expiresInS;
      statements.upsert.run(model, id, JSON.stringify(payload), grantId, uid, userCode, expiresAt);
    },
    find: async (id) => parseRow(statements.byId.get(model, id)),
    findByUid: async (uid) => parseRow(statements.byUid.get(model, uid)),
    findByUserCode: async (userCode) => parseRow(statements.byUserCode.get(model, userCode)),
    async consume(id) {
      db.exec('begin immediate');
      statements.consume.run(nowS(), model, id);
      // in the transaction of the redemption, so that the count is exact even after a SIGKILL
      if (model === 'RefreshToken') store.noteRedeem(id);
      db.exec('commit');
    },
    async destroy(id) {
      statements.destroy.run(model, id);
    },
    async revokeByGrantId(grantId) {
      statements.revoke.run(model, grantId);
    },
  });
}

function parseRow(row: Record<string, unknown> | undefined): AdapterPayload | undefined {
  if (row === undefined) return undefined;
  const expiresAt = row['expires_at'];
  if (typeof expiresAt === 'number' && expiresAt <= nowS()) return undefined;
  return JSON.parse(String(row['payload'])) as AdapterPayload;
}

function nowS(): number {
  return Math.floor(Date.now() / 1000);
}
