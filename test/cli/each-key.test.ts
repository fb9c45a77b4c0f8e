import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { Failure } from '../../src/cli/report.js';
import { eachKey } from '../../src/cli/requests/each-key.js';
import { Session } from '../../src/cli/session.js';
import { TokenError } from '../../src/core/errors.js';
import { ioOf } from '../support/io.js';

const late = new Failure(124, 'a/late is not there yet', null);
const keys = ['a/fine', 'a/late', 'a/lost', 'a/last'];

/** Works on each; those named fail. */
async function work(failures: Record<string, Error>, stop = new AbortController(), stopAt?: string) {
  const stderr = new PassThrough();
  const begun: string[] = [];
  const failed: string[] = [];
  const one = async (key: string): Promise<void> => {
    begun.push(key);
    if (key === stopAt) stop.abort();
    if (failures[key] !== undefined) throw failures[key];
  };
  const session = new Session(ioOf({ stderr, stop: stop.signal }), {});
  const ended = await eachKey(session, keys, one, (key) => failed.push(key)).catch((error: unknown) => error);
  return { ended, begun, failed, told: String(stderr.read() ?? '') };
}

it('each token has its turn, each failure is told, and the exit code is that of the first', async () => {
  const lost = new TokenError('ServerRefused', 'Temporal does not allow this');
  expect(await work({ 'a/late': late, 'a/lost': lost })).toEqual({
    ended: 124,
    begun: keys,
    failed: ['a/late', 'a/lost'],
    told: expect.stringMatching(/^tokenkeeper: a\/late is not .*\ntokenkeeper: Temporal does not allow this .*\ndo: /),
  });
  expect(await work({})).toEqual({ ended: 0, begun: keys, failed: [], told: '' });
});

it('Ctrl-C in the midst of a token is no failure of it: what was requested of it may well come', async () => {
  const interrupted = new DOMException('This operation was aborted', 'AbortError');
  expect(await work({ 'a/late': interrupted }, undefined, 'a/late')).toEqual({
    ended: interrupted,
    begun: ['a/fine', 'a/late'],
    failed: [],
    told: '',
  });
});
