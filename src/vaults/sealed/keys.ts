import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { TokenError } from '../../core/errors.js';
import { Secret } from '../../core/secret.js';
import type { DriverDeps } from '../../drivers.js';
import { runKeyCommand } from './key-command.js';
import { readKeyFile } from './key-file.js';
import { importVaultKey, isVaultKey, type VaultKey } from './sealing.js';

/** Where a connection's settings say the vault key is; at most one of them. */
export interface KeySettings {
  readonly key?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Program and arguments; run without a shell, it prints the key. */
  readonly keyCommand?: readonly string[] | undefined;
}

/**
 * A source of vault keys. It may hold several, separated by white space, and the one that the vault was sealed with is used: during a
 * rekey the old and the new key are both there.
 */
export interface KeySource {
  /** Its name in messages. */
  readonly place: string;
  /** The file that `init` and `rekey` may write; null where the keys are kept elsewhere. */
  readonly file: string | null;
  /** @returns an empty list where the source does not exist. @throws TokenError `VaultLocked`. */
  read(): Promise<readonly Secret[]>;
}

/** The source for a connection: its own setting, the environment, or the default key file. */
export function keySourceOf(settings: KeySettings, defaultFile: string, deps: DriverDeps): KeySource {
  const { key, keyFile, keyCommand } = settings;
  if (key !== undefined) return textSource('the vault’s key setting', key);
  if (keyCommand !== undefined) return commandSource(keyCommand, deps);
  if (keyFile !== undefined) return fileSource(resolve(deps.baseDir, keyFile));
  const { TOKENKEEPER_VAULT_KEY: envKey, TOKENKEEPER_VAULT_KEY_FILE: envFile } = deps.env;
  if (envKey) return textSource('TOKENKEEPER_VAULT_KEY', envKey);
  return fileSource(resolve(deps.baseDir, envFile || defaultFile));
}

/** Generates a new vault key. */
export function generateVaultKey(): Secret {
  return new Secret(randomBytes(32).toString('base64url'));
}

/** All keys of a source, imported. @throws TokenError `VaultLocked` where there is none. */
export async function importKeys(source: KeySource): Promise<readonly VaultKey[]> {
  const secrets = await source.read();
  if (secrets.length === 0)
    throw new TokenError('VaultLocked', `no vault key: ${source.place} is not there, or is empty`);
  return await Promise.all(secrets.map(importVaultKey));
}

/** The key that a vault was sealed with. @throws TokenError `VaultLocked` where the source is empty, `VaultWrongKey` where it has only others. */
export async function findKey(source: KeySource, kid: string): Promise<VaultKey> {
  const fitting = (await importKeys(source)).find((candidate) => candidate.kid === kid);
  if (fitting) return fitting;
  throw new TokenError('VaultWrongKey', `${source.place} does not hold the key of this vault (key id ${kid})`);
}

function textSource(place: string, text: string): KeySource {
  return { place, file: null, read: async () => parseKeys(place, text) };
}

function fileSource(file: string): KeySource {
  const place = `the key file ${file}`;
  return { place, file, read: async () => parseKeys(place, (await readKeyFile(file)) ?? '') };
}

function commandSource([program = '', ...args]: readonly string[], deps: DriverDeps): KeySource {
  const place = `the key command ${program}`;
  return {
    place,
    file: null,
    async read() {
      const keys = parseKeys(place, await runKeyCommand(program, args, deps));
      if (keys.length === 0) throw new TokenError('VaultLocked', `${place} printed no vault key`);
      return keys;
    },
  };
}

function parseKeys(place: string, text: string): readonly Secret[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  if (!words.every(isVaultKey)) {
    throw new TokenError('VaultLocked', `${place} holds something that is no vault key`, {
      do: 'a vault key is 32 random bytes as base64url (43 characters), several stand one a line',
    });
  }
  return words.map((word) => new Secret(word));
}
