import { describe, expect, it } from 'vitest';
import { checkedIssuer } from '../../src/connections/checked-issuer.js';
import { Secret } from '../../src/core/secret.js';
import type { HeldRequest, Issued, IssueRequest, Issuer, IssuerCapabilities } from '../../src/issuers/issuer.js';

const capabilities: IssuerCapabilities = {
  mintable: true,
  reissue: 'C',
  replayWindowMs: 60_000,
  overlap: true,
  retire: 'revoke',
};
const issuerWith = (told: unknown, verified?: unknown): Issuer =>
  checkedIssuer({ capabilities: () => told, verify: async () => verified } as unknown as Issuer, 'acme');
const request = {} as HeldRequest;

describe('an issuer that a driver opened', () => {
  it.each([
    ['mintable', 'yes', 'true or false'],
    ['reissue', 'Z', 'one of A, B, C, D'],
    ['replayWindowMs', 'long', 'a span in ms'],
    ['replayWindowMs', NaN, 'a span in ms'],
    ['replayWindowMs', Infinity, 'a span in ms'],
    ['replayWindowMs', -1, 'a span in ms'],
    ['overlap', undefined, 'true or false'],
    ['retire', 'burn', 'one of revoke, expire'],
    ['revocable', 'no', 'true or false'],
  ])('is refused where it can do %s: %j', (name, value, words) => {
    expect(issuerWith(capabilities).capabilities({})).toEqual(capabilities);
    expect(() => issuerWith({ ...capabilities, [name]: value }).capabilities({})).toThrow(
      expect.objectContaining({
        code: 'ConfigInvalid',
        message: `the capability ${name} of the issuer driver acme is not ${words}`,
      }),
    );
  });

  it.each([undefined, null, 'all'])('is refused where it says nothing of what it can do: %j', (told) => {
    expect(() => issuerWith(told).capabilities({})).toThrow(expect.objectContaining({ code: 'ConfigInvalid' }));
  });

  it.each([undefined, null, true, 'active', {}, { active: 'yes' }, { active: true, method: 'x' }])(
    'proves nothing with what is no answer: %j',
    async (verified) => {
      await expect(issuerWith(capabilities, verified).verify(request)).rejects.toMatchObject({
        code: 'UnexpectedAnswer',
      });
    },
  );

  it.each([
    { active: true, method: 'introspection', claims: {} },
    { active: false, method: 'introspection' },
    { active: 'unknown' },
  ])('is heard where it is one: %j', async (verified) => {
    expect(await issuerWith(capabilities, verified).verify(request)).toBe(verified);
  });
});

describe('what a driver issued', () => {
  const issuing = (told: unknown): Promise<Issued> =>
    checkedIssuer({ issue: async () => told } as unknown as Issuer, 'acme').issue({} as IssueRequest);
  const requestedAt = 7;

  it('is kept as it is', async () => {
    const answer = { value: new Secret('v'), continuation: new Secret('r'), handle: 'h', scopes: ['a'], requestedAt };
    expect(await issuing(answer)).toEqual(answer);
  });

  it('is kept without what is malformed beside the value, since the provider has issued', async () => {
    const issued = await issuing({ value: 'v', continuation: 'r', handle: 7, scopes: 'a b', requestedAt });
    expect(issued).toMatchObject({ handle: undefined, scopes: undefined, requestedAt });
    expect([issued.value.reveal(), issued.continuation?.reveal()]).toEqual(['v', 'r']);
    expect((await issuing({ value: 'v', continuation: 7, requestedAt })).continuation).toBeUndefined();
  });

  it.each([undefined, null, 'v', {}, { value: 7 }, { value: null }])('is no answer where it is %j', async (told) => {
    await expect(issuing(told)).rejects.toMatchObject({ code: 'UnexpectedAnswer' });
  });
});

it('what an issuer opened is closed with it, where it has something to close', async () => {
  let closed = 0;
  const close = async (): Promise<void> => void closed++;
  await checkedIssuer({ close } as unknown as Issuer, 'acme').close?.();
  expect(closed).toBe(1);
  await checkedIssuer({} as Issuer, 'acme').close?.();
});

it('a secret that another copy of this package wrapped is one', async () => {
  const foreign = { reveal: () => 'v' };
  const issue = async () => ({ value: foreign, requestedAt: 0 });
  const issuer = checkedIssuer({ issue } as unknown as Issuer, 'acme');
  expect((await issuer.issue({} as IssueRequest)).value.reveal()).toBe('v');
});
