import { expect, test } from 'vitest';
import { requireRotated } from '../../src/cli/rotated.js';
import type { UpdateAnswer } from '../../src/client/requests.js';

const key = 'staging/api';
const answer = (fields: Partial<UpdateAnswer>): UpdateAnswer => ({
  status: 'failed',
  generation: 3,
  code: null,
  message: null,
  sinks: '',
  ...fields,
});

test.each([
  [
    'a sink that a first issue waits for: deliver would issue nothing',
    answer({ code: 'SinkUnavailable', message: 'no connection' }),
    1,
    'staging/api was not rotated: no connection (SinkUnavailable)',
    'fix the receiver, or: tokenkeeper rotate staging/api --wait',
  ],
  [
    'a decision of a person',
    answer({ code: 'InvalidGrant', message: 'the grant is dead' }),
    1,
    'staging/api was not rotated: the grant is dead (InvalidGrant)',
    'obtain a new first grant, then: tokenkeeper reauthorize staging/api',
  ],
  [
    'an error without a word',
    answer({}),
    1,
    'staging/api was not rotated: no reason was told (Internal)',
    'report it with the log of the worker',
  ],
  [
    'a state of the token',
    answer({ code: 'Closing' }),
    1,
    'staging/api was not rotated: the token is being ended (Closing)',
    'wait until it has ended; to keep it anew after that: tokenkeeper apply',
  ],
  [
    'what takes longer',
    answer({ status: 'pending' }),
    124,
    'staging/api is being rotated still',
    'tokenkeeper status staging/api',
  ],
  [
    'a newer generation than the one that was meant',
    answer({ status: 'stale' }),
    1,
    'staging/api is on generation 3 already',
    'tokenkeeper status staging/api',
  ],
])('no new generation says why and what to do: %s', (_, given, exitCode, message, remedy) => {
  expect(() => requireRotated(key, given)).toThrow(expect.objectContaining({ exitCode, message, remedy }));
});

test('a new generation is well', () => {
  expect(() => requireRotated(key, answer({ status: 'rotated' }))).not.toThrow();
});
