import { format, parse, resolve } from 'node:path';
import { z } from 'zod';
import { secretReference, type DriverDeps } from '../../drivers.js';
import { keySourceOf, type KeySource } from '../sealed/keys.js';

/** The settings of an embedded vault; relative paths start at the host's base folder. */
export const embeddedSettings = z
  .strictObject({
    /** The database file. */
    path: z.string().min(1).default('.tokenkeeper/vault.db'),
    /** The vault key itself, as a resolved reference. */
    key: secretReference('The vault key: 32 bytes as base64url').optional(),
    /** A file, mode 0600, that serves this vault alone; by default the one beside `path` that ends in `.key`. */
    keyFile: z.string().min(1).optional(),
    /** Program and arguments that print the vault key; run without a shell. */
    keyCommand: z.tuple([z.string().min(1)], z.string()).optional(),
  })
  .refine(({ key, keyFile, keyCommand }) => [key, keyFile, keyCommand].filter((it) => it !== undefined).length <= 1, {
    error: 'at most one of key, keyFile and keyCommand',
  });

/** Settings of an embedded vault, its references resolved. */
export type EmbeddedSettings = z.infer<typeof embeddedSettings>;

/** The vault file of a connection, absolute. */
export function pathOf({ path }: EmbeddedSettings, deps: DriverDeps): string {
  return resolve(deps.baseDir, path);
}

/** Where the key of a connection's vault comes from. */
export function keySource(settings: EmbeddedSettings, deps: DriverDeps): KeySource {
  const { dir, name } = parse(settings.path);
  return keySourceOf(settings, format({ dir, name, ext: '.key' }), deps);
}
