import { beforeEach, describe, expect, it, vi } from 'vitest';
import { currentOf } from '../../src/core/record/record.js';
import { Secret } from '../../src/core/secret.js';
import { oauth2 } from '../../src/issuers/oauth2.js';
import { ActivitiesWorld } from '../support/activities-world.js';
import { importInto } from '../support/lifecycle-bench.js';
import { openIssuer } from '../support/issuer-requests.js';
import { startScriptedProvider, type ScriptedAnswer, type ScriptedProvider } from '../support/provider-scripted.js';

let provider: ScriptedProvider;
beforeEach(async () => {
  provider = await startScriptedProvider();
  return () => {
    vi.restoreAllMocks();
    return provider.close();
  };
});

/** A token that is refreshed at a provider without introspection, at generation 1. */
async function refreshed(refreshTokenReuse: string, more: Record<string, unknown> = {}): Promise<ActivitiesWorld> {
  const world = new ActivitiesWorld();
  const settings = { tokenEndpoint: `${provider.url}/token`, clientId: 'tokenkeeper', authMethod: 'none' };
  const issuer = await openIssuer(oauth2, { ...settings, refreshTokenReuse, ...more });
  const firstGrant = new Secret('refresh-0');
  const parameters = { grant: 'refresh_token' };
  world.bench.issuer = async () => ({ driver: 'oauth2', issuer, parameters, firstGrant, revokeIsolated: false });
  provider.answer('/token', tokens(1));
  await world.rotate(0);
  return world;
}

const tokens = (generation: number): ScriptedAnswer => ({
  body: {
    access_token: `access-${generation}`,
    token_type: 'bearer',
    expires_in: 3600,
    refresh_token: `refresh-${generation}`,
  },
});
const redeemed = (): (string | undefined)[] => provider.requests.map(({ fields }) => fields['refresh_token']);

/** Its answer is lost, then the provider answers again. */
async function losing(world: ActivitiesWorld, answer: ScriptedAnswer): Promise<void> {
  provider.answer('/token', answer);
  await expect(world.rotate(1)).rejects.toMatchObject({ code: 'ProviderUnavailable' });
  provider.answer('/token', tokens(2));
}

describe('an answer to a refresh that was lost, at a provider without introspection', () => {
  it.each(['always', '30s'])('is asked for again at once where the same refresh token works %s', async (reuse) => {
    const world = await refreshed(reuse);
    await losing(world, 'cut');
    expect(await world.rotate(1)).toMatchObject({ outcome: 'issued', reference: { generation: 2 } });
    expect(currentOf((await world.record())!)?.value).toBe('access-2');
    expect(redeemed()).toEqual(['refresh-0', 'refresh-1', 'refresh-1']);
    expect((await world.record())!.continuation).toBe('refresh-2');
  });

  it('is asked for again within its leeway alone, and a person decides after that', async () => {
    const world = await refreshed('30s');
    await losing(world, 'cut');
    const record = (await world.record())!;
    const intent = { ...record.intent!, startedAt: Date.now() - 25_000, deadline: Date.now() - 1 };
    await world.bench.restore(world.spec.key, { ...record, intent });
    await expect(world.rotate(1)).rejects.toMatchObject({ code: 'OutcomeUnknown' });
    expect(redeemed()).toEqual(['refresh-0', 'refresh-1']);
  });

  it('is still open where the request that repeats it was refused, and is not asked for again beyond its leeway', async () => {
    const world = await refreshed('30s');
    await losing(world, 'cut');
    await losing(world, { status: 503, headers: { 'retry-after': '1' } });
    const record = (await world.record())!;
    expect(record.intent).toMatchObject({ generation: 2, repeats: true });
    const intent = { ...record.intent!, startedAt: Date.now() - 25_000, deadline: Date.now() - 1 };
    await world.bench.restore(world.spec.key, { ...record, intent });
    await expect(world.rotate(1)).rejects.toMatchObject({ code: 'OutcomeUnknown' });
    expect(redeemed()).toEqual(['refresh-0', 'refresh-1', 'refresh-1']);
  });

  it('is not asked for again where the worker stood still until its leeway was over', async () => {
    const world = await refreshed('30s');
    await losing(world, 'cut');
    world.once('before-send', async () => void vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 25_000));
    await expect(world.rotate(1)).rejects.toMatchObject({ code: 'ProviderUnavailable', nothingIssued: true });
    expect(redeemed()).toEqual(['refresh-0', 'refresh-1']);
    expect((await world.record())!.intent).toMatchObject({ reissue: 'C', repeats: true });
  });

  it('is not asked for again beyond its leeway where the clock was set back since, and is judged after the span of an attempt', async () => {
    const world = await refreshed('30s');
    await losing(world, 'cut');
    const record = (await world.record())!;
    const ahead = 3_600_000;
    const { startedAt, deadline } = record.intent!;
    const intent = { ...record.intent!, startedAt: startedAt + ahead, deadline: deadline + ahead };
    await world.bench.restore(world.spec.key, { ...record, intent });
    await expect(world.rotate(1)).rejects.toMatchObject({ code: 'IntentOpen', retryAfterMs: deadline - startedAt });
    const waiting = (await world.record())!.intent!;
    expect(waiting.deadline).toBeLessThan(Date.now() + deadline - startedAt + 1);
    await world.bench.restore(world.spec.key, { ...record, intent: { ...waiting, deadline: Date.now() - 1 } });
    await expect(world.rotate(1)).rejects.toMatchObject({ code: 'OutcomeUnknown' });
    expect(redeemed()).toEqual(['refresh-0', 'refresh-1']);
  });

  it('is a person’s where each refresh token works once', async () => {
    const world = await refreshed('never');
    await losing(world, 'cut');
    const record = (await world.record())!;
    await world.bench.restore(world.spec.key, { ...record, intent: { ...record.intent!, deadline: Date.now() - 1 } });
    await expect(world.rotate(1)).rejects.toMatchObject({ code: 'OutcomeUnknown' });
    expect(redeemed()).toEqual(['refresh-0', 'refresh-1']);
  });
});

it('a refresh token that came while a person brought a value is kept, and the one before it is not redeemed again', async () => {
  const world = await refreshed('never');
  provider.answer('/token', tokens(2));
  world.once('after-response', () => importInto(world.bench, world.spec.key, { value: 'brought' }));
  const result = await world.rotate(1);
  expect(result).toMatchObject({ outcome: 'adopted', holding: { current: { generation: 3 } } });
  expect(currentOf((await world.record())!)?.value).toBe('brought');
  provider.answer('/token', tokens(3));
  await world.rotate(3);
  expect(redeemed()).toEqual(['refresh-0', 'refresh-1', 'refresh-2']);
});

const collision = { error: 'invalid_grant', error_description: 'token request is already being processed' };

it.each<[words: string, answer: ScriptedAnswer]>([
  ['is busy', { status: 503, headers: { 'retry-after': '1' } }],
  ['handles another request with it', { status: 400, body: collision }],
])('a provider that says it %s needs no person, although each refresh token works once', async (_words, answer) => {
  const world = await refreshed('never');
  for (let outage = 0; outage < 3; outage++) await losing(world, answer);
  expect((await world.record())!.intent).toBeNull();
  expect(await world.rotate(1)).toMatchObject({ outcome: 'issued', reference: { generation: 2 } });
  expect(currentOf((await world.record())!)?.value).toBe('access-2');
});

it.each([
  [true, 'access-2'],
  [false, 'access-1'],
])(
  'while its proof fails, a new value is served where the old one died of it (%s): %s',
  async (refreshEndsOld, value) => {
    provider.answer('/introspect', { body: { active: true } });
    const world = await refreshed('never', { introspectionEndpoint: `${provider.url}/introspect`, refreshEndsOld });
    provider.answer('/token', tokens(2));
    provider.answer('/introspect', { status: 503 });
    await expect(world.rotate(1)).rejects.toMatchObject({ code: 'ProviderUnavailable' });
    expect(currentOf((await world.record())!)?.value).toBe(value);
  },
);
