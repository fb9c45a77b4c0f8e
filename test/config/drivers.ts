import { z } from 'zod';
import type { Registries } from '../../src/config/config.js';
import { Secret } from '../../src/core/secret.js';
import { TokenError } from '../../src/core/errors.js';
import { secretReference } from '../../src/drivers.js';
import { defineIssuer, type Issuer } from '../../src/issuers/issuer.js';
import { defineSink, type Sink } from '../../src/sinks/sink.js';
import { defineVault, type Vault } from '../../src/vaults/vault.js';

/** What the drivers below were asked to do: `open box /a`, `close box /a`. */
export type Journal = string[];

/** Small drivers of every kind, which note in a journal what they open and close. */
export function testRegistries(journal: Journal = []): Registries {
  const box = defineVault({
    name: 'box',
    connection: z.strictObject({ path: z.string().min(1).default('box.db'), key: secretReference().optional() }),
    async open({ path, key }) {
      journal.push(`open box ${path}`);
      if (path === 'flaky.db' && journal.length === 1) throw new TokenError('VaultUnavailable', 'not yet');
      if (key === 'refused') throw new TokenError('VaultWrongKey', 'the key is not that of this vault');
      return vault(path, journal);
    },
  });
  const idp = defineIssuer({
    name: 'idp',
    connection: z.object({
      url: z.url({ protocol: /^https?$/ }),
      clientSecret: secretReference().transform((value) => new Secret(value)),
      grants: z.record(z.string(), secretReference()).default({}),
      tries: z.int().min(1).max(9).optional(),
    }),
    parameters: z.strictObject({
      grant: z.enum(['client_credentials', 'refresh_token']),
      initialGrant: z.string().min(1).optional(),
      claims: z.record(z.string(), z.string()).optional(),
    }),
    async open({ url }) {
      journal.push(`open idp ${url}`);
      return issuer(url, journal);
    },
    firstGrant({ grants }, { initialGrant }) {
      if (initialGrant === undefined) return null;
      const grant = grants[initialGrant];
      if (grant === undefined) throw new TokenError('PolicyDenied', 'no such grant');
      return new Secret(grant);
    },
    isAuthenticationFailure: ({ status }) => status === 401,
  });
  const byHand = defineIssuer({
    name: 'by-hand',
    implicit: true,
    connection: z.strictObject({}),
    parameters: z.strictObject({}),
    open: async () => issuer('by-hand', journal),
    isAuthenticationFailure: () => false,
  });
  const folder = defineSink({
    name: 'folder',
    connection: z.strictObject({
      root: z.string().min(1),
      mode: z
        .string()
        .regex(/^0[0-7]{3}$/, 'not a mode')
        .optional(),
    }),
    target: z.strictObject({ path: z.string().min(1).optional(), after: z.array(z.string()).optional() }),
    async open({ root }) {
      journal.push(`open folder ${root}`);
      return sink(root, journal);
    },
    place({ root }, key, { path }) {
      if (path?.startsWith('/')) throw new TokenError('PolicyDenied', 'the path leaves the root');
      return `${root}/${path ?? key}`;
    },
  });
  const hook = defineSink({
    name: 'hook',
    connection: z.strictObject({ url: z.url(), secret: secretReference() }),
    target: z.strictObject({}),
    open: async ({ url }) => sink(url, journal),
    place: ({ url }, key) => `${url}#${key}`,
  });
  return { vaults: { box }, issuers: { idp, 'by-hand': byHand }, sinks: { folder, hook } };
}

function vault(path: string, journal: Journal): Vault {
  return {
    id: `vault of ${path}`,
    read: async () => null,
    compareAndSet: async () => 1,
    list: async () => [],
    remove: async () => true,
    fingerprint: (secret) => Buffer.from(secret.slice(0, 2)).toString('hex').padEnd(16, '0'),
    async close() {
      journal.push(`close box ${path}`);
    },
  };
}

function issuer(url: string, journal: Journal): Issuer {
  return {
    capabilities: () => ({ mintable: true, reissue: 'A', replayWindowMs: 0, overlap: true, retire: 'expire' }),
    issue: async () => ({ value: new Secret('issued'), requestedAt: 0 }),
    verify: async () => ({ active: 'unknown' }),
    probe: async () => 'unknown',
    revoke: async () => {},
    async close() {
      journal.push(`close idp ${url}`);
    },
  };
}

function sink(place: string, journal: Journal): Sink {
  return {
    check: async () => {},
    write: async () => {},
    read: async () => ({ found: 'nothing' }),
    remove: async () => {},
    async close() {
      journal.push(`close folder ${place}`);
    },
  };
}
