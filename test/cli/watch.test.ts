import { PassThrough } from 'node:stream';
import { beforeEach, expect, it, vi } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import type { Session } from '../../src/cli/session.js';
import type * as Spans from '../../src/cli/spans.js';
import { show } from '../../src/cli/terminal/watch.js';

vi.mock('../../src/cli/spans.js', async (original) => {
  const { cliSpans } = await original<typeof Spans>();
  return { cliSpans: { ...cliSpans, watchMs: 1 } };
});

let stop: AbortController;
beforeEach(() => void (stop = new AbortController()));

const away = new TokenError('ServerUnavailable', 'Temporal is away', { do: 'start it' });

/** What was seen on stdout and stderr, by looks that end with a Ctrl-C. */
async function watched(looks: readonly (string | Error)[], isTTY = false): Promise<{ out: string; err: string }> {
  const stdout = Object.assign(new PassThrough(), { isTTY });
  const stderr = new PassThrough();
  const print = (...lines: readonly string[]): void => void stdout.write(lines.map((line) => `${line}\n`).join(''));
  const session = { key: 'dev/one', print, io: { stdout, stderr, env: {}, stop: stop.signal } } as unknown as Session;
  const left = [...looks];
  const look = async (): Promise<readonly string[]> => {
    const next = left.shift();
    if (left.length === 0) stop.abort();
    if (typeof next !== 'string') throw next ?? new Error('no more looks');
    return [next];
  };
  await show(session, true, look);
  return { out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

const told = 'tokenkeeper: Temporal is away (ServerUnavailable)\ndo: start it\n';

it('goes on while Temporal is away, tells it once on stderr, and that it is there again', async () => {
  expect(await watched(['first', away, away, 'first', 'second'])).toEqual({
    out: 'first\n\nsecond\n\n',
    err: `${told}tokenkeeper: there again\n`,
  });
});

it('shows that below what was seen last, on a terminal', async () => {
  const { out, err } = await watched(['first', away, 'second'], true);
  const screens = out.split('\u001b[2J\u001b[H');
  expect(screens).toEqual(['', 'first\n', `first\n\n${told}`, 'second\n']);
  expect(err).toBe('');
});

it('ends where nothing was seen yet, and where what is watched is gone', async () => {
  await expect(watched([away, 'first'])).rejects.toBe(away);
  const gone = new TokenError('NotKept', 'nobody keeps it');
  await expect(watched(['first', gone, 'second'])).rejects.toBe(gone);
});
