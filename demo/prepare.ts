import { randomBytes } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { updateRecord } from '../src/activities/store.js';
import { currentOf, type VaultRecord } from '../src/core/record/record.js';
import { TokenError, type ErrorCode } from '../src/core/errors.js';
import type { TokenSpec } from '../src/core/spec.js';
import { importValue } from '../src/core/record/import-value.js';
import { silentLog } from '../src/drivers.js';
import { initEmbeddedVault } from '../src/vaults/embedded.js';
import { embeddedSettings } from '../src/vaults/embedded/settings.js';
import type { Vault } from '../src/vaults/vault.js';
import { isNear, moveDates } from './dates.js';
import type { ProviderControl } from './provider/control-client.js';

/** A vault whose file or key is not what it was. The remedies for somebody's own, such as a variable with the key, are not for the demo's. */
const lost = new Set<string>(['VaultLocked', 'VaultWrongKey', 'VaultDamaged'] satisfies ErrorCode[]);

/** What helps where the demo's state is of no use any more. */
export const beginAnew = 'begin the demo anew: rm -r .tokenkeeper';

/** The demo's files; all secrets are generated here, at the first start, and useless elsewhere. */
export interface DemoFiles {
  readonly state: string;
  readonly clientSecret: string;
  readonly hookSecret: string;
  readonly crmGrant: string;
}

function demoFiles(folder: string): DemoFiles {
  const state = join(folder, '.tokenkeeper');
  return {
    state,
    clientSecret: join(state, 'client-secret'),
    hookSecret: join(state, 'hook'),
    crmGrant: join(state, 'crm-grant'),
  };
}

/** Creates missing folders, secrets and vault. A second start reuses those of the first. */
export async function prepareSecrets(folder: string): Promise<DemoFiles> {
  const files = demoFiles(folder);
  await mkdir(files.state, { recursive: true, mode: 0o700 });
  await once(files.clientSecret, () => randomBytes(24).toString('base64url'));
  await once(files.hookSecret, () => `whsec_${randomBytes(32).toString('base64')}`);
  const deps = { fetch, now: Date.now, baseDir: folder, env: {}, log: silentLog };
  await initEmbeddedVault(embeddedSettings.parse({}), deps).catch((error: unknown) => {
    if (!(error instanceof TokenError && lost.has(error.code))) throw error;
    throw new TokenError(error.code, error.message, { do: `put it back, or ${beginAnew}` });
  });
  return files;
}

/** Provides what a person's consent would: the first grant of the CRM token, once. */
export async function prepareGrant(files: DemoFiles, provider: ProviderControl): Promise<void> {
  await once(files.crmGrant, () => provider.mintGrant({ resource: 'https://crm.test' }));
}

/** Provides the grant of a new consent. */
export async function renewGrant(files: DemoFiles, provider: ProviderControl): Promise<void> {
  await rm(files.crmGrant, { force: true });
  await prepareGrant(files, provider);
}

/** Imports, as a person would, a value for the token that can't be minted, and a new one when that expires soon. @returns whether it did */
export async function prepareImport(vault: Vault, spec: TokenSpec): Promise<boolean> {
  const value = `npm_${randomBytes(24).toString('base64url')}`;
  const now = Date.now();
  const imported = { value, fingerprint: vault.fingerprint(value), issuedAt: now, expiresAt: spec.expiresAt };
  const { record } = await updateRecord(vault, spec.key, (before) =>
    livesOn(before, now) ? before : importValue(before, { value: imported, now, actor: 'demo' }),
  );
  return currentOf(record)?.fingerprint === imported.fingerprint;
}

function livesOn(record: VaultRecord, now: number): boolean {
  const current = currentOf(record);
  return current !== null && (current.expiresAt === null || !isNear(current.expiresAt, now));
}

async function once(file: string, make: () => string | Promise<string>): Promise<void> {
  const there = await access(file).then(
    () => true,
    () => false,
  );
  if (!there) await writeFile(file, await make(), { mode: 0o600, flag: 'wx' });
}

/**
 * The configuration to run: the shipped one, or a copy with other ports where the usual ones are taken, and with later dates where its own
 * have passed.
 * @param now - Unix ms
 * @returns its path
 */
export async function configFor(
  folder: string,
  ports: { readonly provider: number; readonly receiver: number },
  now: number,
): Promise<string> {
  const shipped = join(folder, 'tokens.yaml');
  const text = await readFile(shipped, 'utf8');
  const places = new Map([
    ['127.0.0.1:9400', `127.0.0.1:${ports.provider}`],
    ['127.0.0.1:9401', `127.0.0.1:${ports.receiver}`],
  ]);
  // In one pass: the provider may now use the receiver's usual port.
  const moved = moveDates(text, now).replaceAll(/127\.0\.0\.1:940[01]\b/g, (place) => places.get(place) ?? place);
  if (moved === text) return shipped;
  const copy = join(folder, 'tokens.demo.yaml');
  await writeFile(copy, moved);
  return copy;
}
