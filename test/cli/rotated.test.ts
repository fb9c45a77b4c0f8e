import { expect, test } from 'vitest';
import { failedAnswer, requireRotated } from '../../src/cli/requests/update-answers.js';
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
    'staging/api was not rotated: no connection',
    'fix the receiver, or: tokenkeeper rotate staging/api --wait',
    'SinkUnavailable',
  ],
  [
    'a decision of a person',
    answer({ code: 'InvalidGrant', message: 'the grant is dead' }),
    1,
    'staging/api was not rotated: the grant is dead',
    'obtain a new first grant, then: tokenkeeper reauthorize staging/api',
    'InvalidGrant',
  ],
  [
    'an error without a word',
    answer({}),
    1,
    'staging/api was not rotated: no reason was told',
    'report it with the log of the worker',
    'Internal',
  ],
  [
    'a state of the token',
    answer({ code: 'Closing' }),
    1,
    'staging/api was not rotated: the token is being ended',
    'wait until it has ended, then, to keep it anew: tokenkeeper apply; a revoke that cannot end is given up by: tokenkeeper forget staging/api',
    'Closing',
  ],
  [
    'what takes longer',
    answer({ status: 'pending' }),
    124,
    'staging/api is still being rotated',
    'tokenkeeper status staging/api',
    null,
  ],
  [
    'a newer generation than the one that was meant',
    answer({ status: 'stale' }),
    1,
    'staging/api is on generation 3 already',
    'tokenkeeper status staging/api',
    'Stale',
  ],
])('no new generation says why and what to do: %s', (_, given, exitCode, message, remedy, code) => {
  expect(() => requireRotated(key, given)).toThrow(expect.objectContaining({ exitCode, message, remedy, code }));
});

test('a look that failed says why and what to do', () => {
  const failed = answer({ code: 'VaultRolledBack', message: 'the vault is behind', do: 'tokenkeeper import KEY' });
  expect(failedAnswer(key, 'deliver', 'could not be looked at', failed)).toMatchObject({
    message: `${key} could not be looked at: the vault is behind`,
    remedy: `tokenkeeper import ${key}`,
    code: 'VaultRolledBack',
  });
});

test('what takes longer says what holds it up', () => {
  expect(() => requireRotated(key, answer({ status: 'pending' }), ': disk full')).toThrow(
    expect.objectContaining({ exitCode: 124, message: 'staging/api is still being rotated: disk full' }),
  );
});

test('a new generation is well', () => {
  expect(() => requireRotated(key, answer({ status: 'rotated' }))).not.toThrow();
});
