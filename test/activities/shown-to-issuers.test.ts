import { describe, expect, it } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import { Secret } from '../../src/core/secret.js';
import type { Verification } from '../../src/issuers/issuer.js';
import { ActivitiesWorld } from '../support/activities-world.js';

const active: Verification = { active: true, method: 'introspection', claims: {} };

/** `value-1` and so on come of its issuer, each with a handle; `seen` is what it is asked about. */
function watched(overrides: ConstructorParameters<typeof ActivitiesWorld>[0] = {}) {
  const world = new ActivitiesWorld(overrides);
  const seen: string[] = [];
  let issues = 0;
  world.answering({
    issue: async ({ handle }) => {
      seen.push(`issue ${handle}`);
      issues++;
      return {
        value: new Secret(`value-${issues}`),
        handle: `handle-${issues}`,
        requestedAt: Date.now(),
        expiresInS: 3_600,
      };
    },
    verify: async ({ value, handle }) => {
      seen.push(`verify ${value.reveal()} ${handle}`);
      return active;
    },
    revoke: async ({ value, handle }) => void seen.push(`revoke ${value.reveal()} ${handle}`),
  });
  return { world, seen };
}

it('a value is of the driver that its connection has, which tells a job how a dead one looks', async () => {
  const { world } = watched();
  await world.rotate(0);
  expect((await world.record())!.issuer).toEqual({ connection: world.spec.issuer, driver: 'example' });
});

it('a value that its issuer cannot tell about is not called proven', async () => {
  const { world } = watched();
  world.answering({ verify: async () => ({ active: 'unknown' }) });
  expect(await world.rotate(0)).toMatchObject({ holding: { current: { verifiedBy: null } } });
});

it('an issuer gets the handle that came with a value back with it, and with the request for the next one', async () => {
  const { world, seen } = watched();
  await world.rotate(0);
  await world.rotate(1);
  await world.activities(2)['retire']!();
  expect(seen).toEqual([
    'issue null',
    'verify value-1 handle-1',
    'issue handle-1',
    'verify value-2 handle-2',
    'verify value-2 handle-2',
    'revoke value-1 handle-1',
    'verify value-2 handle-2',
  ]);
});

describe('another issuer than the one that gave a value', () => {
  it('is not asked about it where a job reported it, nor told of its handle', async () => {
    const { world, seen } = watched();
    await world.rotate(0);
    seen.length = 0;
    const spec = { ...world.spec, issuer: 'other' };
    expect(await world.rotate(1, { spec, suspected: 1 })).toMatchObject({ outcome: 'issued' });
    expect(seen).toEqual(['issue null', 'verify value-2 handle-2']);
  });

  it('is not asked whether it outlives the end of an older one', async () => {
    const { world, seen } = watched();
    await world.rotate(0);
    await world.rotate(1);
    const opened: unknown[] = [];
    const open = world.bench.issuer.bind(world.bench);
    world.bench.issuer = async (name, ...rest) => {
      opened.push([name, rest[1]]);
      return open(name, ...rest);
    };
    const spec = { ...world.spec, issuer: 'other', parameters: {} };
    await world.activities(2, { spec })['retire']!();
    expect(seen.at(-1)).toBe('verify value-2 handle-2');
    const { issuer, parameters } = world.spec;
    expect(opened).toEqual([
      [issuer, parameters],
      [issuer, parameters],
    ]);
  });

  it('is not asked to prove it where it was served before its proof, which was cut off', async () => {
    const { world, seen } = watched({ parameters: { lifetimeMs: 3_600_000, overlap: false } });
    world.once('after-stage', () => Promise.reject(new TokenError('ProviderUnavailable', 'cut off')));
    await expect(world.rotate(0)).rejects.toMatchObject({ code: 'ProviderUnavailable' });
    const spec = { ...world.spec, issuer: 'other' };
    expect(await world.rotate(0, { spec })).toMatchObject({ outcome: 'adopted', holding: { outdated: true } });
    expect(seen).toEqual(['issue null']);
  });
});
