import { z } from 'zod';
import { Secret } from '../core/secret.js';
import type { DriverDeps } from '../drivers.js';
import { throwIfAborted } from './abort.js';
import { exampleProvider } from './example-provider.js';
import { defineIssuer, type Issuer, type IssuerCapabilities } from './issuer.js';

/*
 * The template of an issuer driver: copy it, then replace the calls of exampleProvider by your provider's API.
 * 1. `connection`: what the worker's configuration says once for all tokens: addresses, credentials (as Secret).
 * 2. `parameters`: what one token may say. It came through Temporal: never let it name a host, a path, a command or a secret.
 * 3. `capabilities`: what is true of your provider; every decision of the lifecycle follows from it.
 * 4. issue, verify, probe, revoke: each ONE call, no retries (Temporal owns them), every failure a TokenError of the table in
 *    core/errors.ts whose message holds no value and nothing of the provider's answer.
 * 5. One line in registry.ts, one block in the contract suite's test. See docs/adding-a-driver.md.
 */

const connection = z.strictObject({
  /** Which in-memory provider of this process. */
  provider: z.string().min(1).default('example'),
});

const parameters = z.strictObject({
  /** Lifetime of a value, in ms. */
  lifetimeMs: z.int().positive().default(3_600_000),
  /** Claims that a value proves besides iss, scope, iat and exp. */
  claims: z.record(z.string(), z.json()).default({}),
  /** What the lifecycle shall believe of this provider; a real driver declares what IS true, see `describe`. */
  reissue: z.enum(['A', 'D']).default('A'),
  overlap: z.boolean().default(true),
  retire: z.enum(['revoke', 'expire']).default('revoke'),
});

type Connection = z.output<typeof connection>;
type Parameters = z.output<typeof parameters>;

/** An issuer whose provider is in this process: a template for drivers, and used by tests. */
export const example = defineIssuer({
  name: 'example',
  connection,
  parameters,
  open: async (settings: Connection, deps) => openExample(settings, deps),
  // what a dead token looks like to a job differs from provider to provider: say it here, shared code never guesses
  isAuthenticationFailure: ({ status }) => status === 401,
});

function openExample(settings: Connection, deps: DriverDeps): Issuer<Parameters> {
  const provider = exampleProvider(settings.provider);
  return {
    capabilities: describe,

    async issue({ key, generation, parameters, scopes, signal }) {
      throwIfAborted(signal, 'example provider');
      // the clock is read BEFORE the request: a lifetime counted from its end could outlast the value
      const requestedAt = await deps.now();
      const { lifetimeMs, claims, overlap } = parameters;
      const value = provider.issue({ key, generation, lifetimeMs, scopes, claims, overlap, now: requestedAt });
      return {
        value: new Secret(value),
        requestedAt,
        providerDate: requestedAt,
        expiresInS: lifetimeMs / 1000,
        scopes,
      };
    },

    async verify({ value, signal }) {
      throwIfAborted(signal, 'example provider');
      const claims = provider.introspect(value.reveal(), await deps.now());
      return claims === null
        ? { active: false, method: 'introspection' }
        : { active: true, method: 'introspection', claims };
    },

    async probe({ key, generation, signal }) {
      throwIfAborted(signal, 'example provider');
      // where a provider cannot be asked, answer 'unknown': then the lifecycle asks a person
      return provider.wasIssued(key, generation) ? 'redeemed' : 'not-redeemed';
    },

    async revoke({ value, signal }) {
      throwIfAborted(signal, 'example provider');
      // idempotent: an unknown value counts as revoked
      provider.revoke(value.reveal());
    },
  };
}

function describe({ reissue, overlap, retire }: Parameters): IssuerCapabilities {
  return { mintable: true, reissue, replayWindowMs: 0, overlap, retire };
}
