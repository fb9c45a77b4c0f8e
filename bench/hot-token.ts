import { importValue } from '../src/core/record/import-value.js';
import { emptyRecord } from '../src/core/record/record.js';
import { silentLog } from '../src/drivers.js';
import { issuerDrivers } from '../src/issuers/registry.js';
import { Tokens } from '../src/runtime.js';
import { vaultDrivers } from '../src/vaults/registry.js';

const calls = 200_000;

/** withToken on a cached token, compared with a bare call of the same function, in µs per call: the best of several rounds. */
export async function measureHotToken(): Promise<{ withTokenUs: number; bareUs: number }> {
  const deps = { fetch, now: Date.now, baseDir: process.cwd(), env: {}, log: silentLog };
  const driver = vaultDrivers['memory'];
  if (driver === undefined) throw new Error('no memory vault');
  const vault = await driver.open({}, deps);
  const key = 'bench/hot';
  const value = { value: 'v', fingerprint: vault.fingerprint('v'), issuedAt: Date.now(), expiresAt: null };
  const record = importValue(emptyRecord(vault.id, key), { value, now: Date.now(), actor: 'bench' });
  await vault.compareAndSet(key, 0, JSON.stringify(record));
  const client = { reportFailure: () => Promise.reject(new Error('not expected')) };
  const tokens = new Tokens({
    vault: () => Promise.resolve(vault),
    client,
    issuers: issuerDrivers,
    cacheMs: 3_600_000,
  });
  const job = (): Promise<number> => Promise.resolve(1);
  await tokens.withToken(key, job);
  return {
    withTokenUs: await best(() => tokens.withToken(key, job)),
    bareUs: await best(job),
  };
}

async function best(call: () => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) await call();
    least = Math.min(least, ((performance.now() - start) * 1000) / calls);
  }
  return least;
}
