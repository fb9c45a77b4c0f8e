import { describe, expect, it } from 'vitest';
import { errorTable, TokenError } from '../../src/core/errors.js';
import {
  isAcquittal,
  refusalTable,
  refusalWords,
  RequestRefused,
  rotationRefusal,
} from '../../src/core/lifecycle/refusals.js';

describe('a refused request', () => {
  it.each(Object.entries(refusalTable))('tells %s in words, and what to do', (code, { says, do: remedy }) => {
    const error = new RequestRefused('deliver', code, 3);
    expect(error).toBeInstanceOf(TokenError);
    expect(error).toMatchObject({
      code: 'RequestRefused',
      refusal: code,
      generation: 3,
      message: `deliver refused: ${says}`,
      do: remedy,
    });
    expect(error.message).not.toContain(code);
  });

  it.each([
    ['rotateNow', 'rotate'],
    ['reportFailure', 'report'],
    ['configure', 'change'],
    ['acknowledge', 'acknowledge'],
  ])('of %s is called a %s', (verb, name) => {
    expect(new RequestRefused(verb, 'Paused', 1).message).toBe(`${name} refused: the token is paused`);
  });

  it('tells a sink to empty from one to deliver to', () => {
    expect(refusalWords('configure', 'UnknownSink').says).toContain('to be emptied');
    expect(refusalWords('deliver', 'UnknownSink').says).not.toContain('to be emptied');
  });

  it('for a problem that a person has to solve says how', () => {
    expect(new RequestRefused('reportFailure', 'InvalidGrant', 1)).toMatchObject({
      message: 'report refused: a person has to decide first',
      do: errorTable.InvalidGrant.do,
    });
  });

  it('says that the token is not to blame, or why it could not be asked', () => {
    expect(Object.keys(refusalTable).filter(isAcquittal)).toEqual(['Fine', 'JustReplaced']);
  });

  it('by a reason of a newer worker points at the status', () => {
    expect(refusalWords('rotate', 'OfTomorrow').do).toBe(errorTable.RequestRefused.do);
  });
});

it.each([
  ['a token that is paused', { pause: {}, mintable: true }, 'Paused'],
  ['a paused one that cannot be issued', { pause: {}, mintable: false }, 'Paused'],
  ['one that cannot be issued', { pause: null, mintable: false }, 'NotMintable'],
  ['one whose issuer is not known yet', { pause: null, mintable: null }, null],
  ['one that can be issued', { pause: null, mintable: true }, null],
] as const)('%s may rotate, or says why not', (_name, facts, refusal) => {
  expect(rotationRefusal(facts)).toBe(refusal);
});
