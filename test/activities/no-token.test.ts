import { beforeEach, describe, expect, it } from 'vitest';
import { currentOf, pendingOf } from '../../src/core/record/record.js';
import { Secret } from '../../src/core/secret.js';
import { oauth2 } from '../../src/issuers/oauth2.js';
import { ActivitiesWorld } from '../support/activities-world.js';
import { openIssuer } from '../support/issuer-requests.js';
import { startScriptedProvider, type ScriptedProvider } from '../support/provider-scripted.js';

let provider: ScriptedProvider;
beforeEach(async () => {
  provider = await startScriptedProvider();
  return () => provider.close();
});

/** A token of the scripted provider, whose newest answers are its next ones. */
async function worldOf(grant: 'client_credentials' | 'refresh_token'): Promise<ActivitiesWorld> {
  const world = new ActivitiesWorld();
  const settings = { tokenEndpoint: `${provider.url}/token`, clientId: 'tokenkeeper', authMethod: 'none' };
  const issuer = await openIssuer(oauth2, settings);
  const firstGrant = grant === 'refresh_token' ? new Secret('refresh-0') : null;
  const open = { driver: 'oauth2', issuer, parameters: { grant }, firstGrant, revokeIsolated: false };
  world.bench.issuer = async () => open;
  return world;
}

const answer = (access_token: unknown, more: Readonly<Record<string, unknown>> = {}): void =>
  provider.answer('/token', { body: { access_token, token_type: 'bearer', expires_in: 3600, ...more } });

const noTokens: readonly (readonly [string, unknown])[] = [
  ['a NUL', 'access\0'],
  ['a line end', 'access\nINJECTED=1'],
  ['a carriage return', 'access\r'],
  ['a tab', 'access\t2'],
  ['a DEL', 'access\x7f'],
  ['a letter beyond ASCII', 'accéss'],
  ['half of a surrogate pair', 'access\ud800'],
  ['more than 64 kB', 'a'.repeat(65_537)],
];

describe('a rotated refresh token whose access token is none', () => {
  it.each([...noTokens, ['nothing', undefined], ['an empty text', ''], ['an object', {}]] as const)(
    'is kept, and the old value served: %s',
    async (_what, noToken) => {
      const world = await worldOf('refresh_token');
      answer('access-1', { refresh_token: 'refresh-1' });
      await world.rotate(0);
      answer(noToken, { refresh_token: 'refresh-2' });
      await expect(world.rotate(1)).rejects.toMatchObject({
        code: 'UnexpectedAnswer',
        message: expect.stringMatching(/^[\x20-\x7e]*no token[\x20-\x7e]*$/),
      });
      const record = (await world.record())!;
      expect(currentOf(record)?.value).toBe('access-1');
      expect([pendingOf(record), record.intent, record.continuation]).toEqual([null, null, 'refresh-2']);
      answer('access-3', { refresh_token: 'refresh-3' });
      await world.rotate(1);
      expect(currentOf((await world.record())!)?.value).toBe('access-3');
      expect(provider.requests.map(({ fields }) => fields['refresh_token'])).toEqual([
        'refresh-0',
        'refresh-1',
        'refresh-2',
      ]);
    },
  );
});

describe('a token that can be issued again and is none', () => {
  it.each(noTokens)('is refused, and asked for again: %s', async (_what, noToken) => {
    const world = await worldOf('client_credentials');
    answer(noToken);
    await expect(world.rotate(0)).rejects.toMatchObject({ code: 'UnexpectedAnswer' });
    expect(currentOf((await world.record())!)).toBeNull();
    answer('access-2');
    await world.rotate(0);
    expect(currentOf((await world.record())!)?.value).toBe('access-2');
  });
});
