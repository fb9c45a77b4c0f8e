import { checkExpectations, checkScopes, checkTtl, scopesOf } from '../core/bounds.js';
import { TokenError } from '../core/errors.js';
import { defined } from '../core/defined.js';
import { expiryOf, toldExpiryOf } from '../core/expiry.js';
import { isWithin } from '../core/instants.js';
import { isBrought, isOfAnother } from '../core/record/issued-by.js';
import type { Generation, VaultRecord } from '../core/record/record.js';
import { timings } from '../core/timings.js';
import { discard } from '../core/record/transitions.js';
import { canBeToken } from '../common/token-text.js';
import type { Verification } from '../issuers/issuer.js';
import { heldRequest, issuerOf } from './provider.js';
import type { RefreshContext } from './refresh-context.js';
import { readRecord, updateRecord, type StoredRecord } from './store.js';
import { traitsOf } from './traits.js';

/** The result of a proof. */
export interface Proof {
  /** e.g. `introspect`; null where the issuer has no way to ask. */
  readonly verifiedBy: string | null;
  /** The record as it is now. */
  readonly stored: StoredRecord;
}

/**
 * Proves a stored value: it can be a token, the provider knows it, it is for this environment, and no wider and no longer than declared.
 * Done here and not at issue, since what came with the value (a refresh token) is stored by now.
 * Notes an expiry that the provider told only with the proof.
 * @throws TokenError `UnexpectedAnswer`, `WrongEnvironment`, `ScopeExceeded`, `TtlExceeded`, `AlreadyExpired`, `ExpiryUnknown`,
 * `NotAccepted`, or a transient one.
 */
export async function prove(context: RefreshContext, staged: StoredRecord, generation: Generation): Promise<Proof> {
  const { spec } = context.input;
  if (!canBeToken(generation.value)) {
    throw new TokenError(
      'UnexpectedAnswer',
      'the issuer gave no token: characters other than printable ASCII, none, or more than 64 kB',
    );
  }
  const told = await verify(context, generation);
  const now = await context.deps.now();
  if (told.active === false) throw notKnown(generation, told.do, now);
  const claims = told.active === true ? told.claims : {};
  const { stored, expiresAt } = await settleExpiry(context, staged, generation, told, now);
  checkTtl(generation.issuedAt, expiresAt, spec.maxTtlMs);
  checkScopes(claims['scope'] === undefined ? generation.scopes : scopesOf(claims['scope']), spec.scopes);
  checkExpectations(claims, spec.expect);
  return { verifiedBy: told.active === true ? methodOf(told) : null, stored };
}

/** How it was proven. It is shown, so anything but a string is replaced. */
const methodOf = ({ method }: { readonly method: unknown }): string => (typeof method === 'string' ? method : 'verify');

function notKnown(generation: Generation, remedy: string | undefined, now: number): TokenError {
  // Right after minting, a 401 means replication, not refusal.
  const young = isWithin(generation.issuedAt, timings.replicationMs, now);
  return young
    ? new TokenError('ProviderUnavailable', 'the provider does not know its new token yet', { retryAfterMs: 1_000 })
    : new TokenError('NotAccepted', 'the provider does not accept the token that it issued', { do: remedy });
}

async function settleExpiry(
  context: RefreshContext,
  staged: StoredRecord,
  generation: Generation,
  told: Verification,
  now: number,
): Promise<{ readonly stored: StoredRecord; readonly expiresAt: number | null }> {
  const { input, vault } = context;
  const exp = told.active === true ? told.claims['exp'] : undefined;
  const providerDate = told.active === true ? told.providerDate : undefined;
  // The Date header of the proof, which may come long after the request.
  const isTold = typeof providerDate === 'number' && Number.isFinite(providerDate);
  const proof = {
    requestedAt: generation.issuedAt,
    ...(typeof exp === 'number' ? { expS: exp } : {}),
    ...(isTold ? { providerDate: generation.issuedAt + providerDate - now } : {}),
  };
  const answered = generation.expiresAt === null ? undefined : (generation.expiresAt - generation.issuedAt) / 1000;
  const expiresAt = soonerOf(
    expiryOf({ ...proof, ...defined({ expiresInS: answered }), answeredAt: now, ttlMs: input.spec.ttlMs }),
    toldExpiryOf({ ...proof, ttlMs: null }),
    now,
  );
  if (expiresAt === generation.expiresAt) return { stored: staged, expiresAt };
  const noted = (record: VaultRecord): VaultRecord => ({
    ...record,
    generations: record.generations.map((g) => (g.generation === generation.generation ? { ...g, expiresAt } : g)),
  });
  return { stored: await updateRecord(vault, input.spec.key, noted, staged), expiresAt };
}

/**
 * Of an expiry and the one that the proof tells: that one where it is sooner. A cache in between may repeat a value with the life of a new
 * one. What is past already is no expiry of a value that is alive.
 */
function soonerOf(expiresAt: number, proven: number | undefined, now: number): number {
  return proven !== undefined && proven > now && proven < expiresAt - blurMs ? proven : expiresAt;
}

/** Whole seconds, and the time of a request. */
const blurMs = 5_000;

/** Drops a value that failed its proof, and revokes it at the provider where that harms nothing else. */
export async function refuse(context: RefreshContext, generation: Generation, reason: string): Promise<void> {
  const { deps, input, vault } = context;
  await endRefused(context, generation).catch(() => {
    deps.log.warn('a refused value could not be revoked, it dies by itself', {
      key: input.spec.key,
      generation: generation.generation,
    });
  });
  const now = await deps.now();
  await updateRecord(vault, input.spec.key, (record) => discard(record, generation.generation, now, reason));
}

async function endRefused({ deps, input, vault, signal }: RefreshContext, generation: Generation): Promise<void> {
  const { record } = await readRecord(vault, input.spec.key, signal);
  // A provider may repeat an earlier answer, and that value is in use.
  if (
    record.generations.some((g) => g.generation !== generation.generation && g.fingerprint === generation.fingerprint)
  )
    return;
  const open = await issuerOf(deps.connections, input.spec, generation);
  if (traitsOf(open).retire === 'revoke') await open.issuer.revoke(heldRequest(input, open, generation, signal));
}

/** Whether the provider still accepts a generation that a job reported; `unknown`: it can't tell. */
export async function lifeOf(context: RefreshContext, generation: number): Promise<'alive' | 'dead' | 'unknown'> {
  const { record } = await readRecord(context.vault, context.input.spec.key, context.signal);
  const current = record.generations.find((g) => g.generation === generation && g.state === 'current');
  // A value of another issuer is to be replaced, alive or not.
  if (current === undefined || isOfAnother(current, context.input.spec)) return 'dead';
  const now = await context.deps.now();
  if (current.expiresAt !== null && current.expiresAt <= now) return 'dead';
  const told = await verify(context, current);
  if (told.active === false) return 'dead';
  return told.active === true && told.live !== false ? 'alive' : 'unknown';
}

/** A value that was current before its proof, whose attempt may have been cut off in between. An imported one has no proof to come. */
export function isUnproven({ traits, input }: RefreshContext, current: Generation): boolean {
  return !traits.overlap && current.verifiedAt === null && !isBrought(current) && !isOfAnother(current, input.spec);
}

function verify({ input, open, signal }: RefreshContext, generation: Generation): Promise<Verification> {
  return open.issuer.verify(heldRequest(input, open, generation, signal));
}
