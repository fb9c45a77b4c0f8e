import { getEventListeners } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { confirm } from '../../src/cli/terminal/confirm.js';
import { readSecret } from '../../src/cli/terminal/read-secret.js';
import { Session } from '../../src/cli/session.js';
import { ioOf } from '../support/io.js';

/** A terminal that somebody types into. */
function terminal(typed: readonly string[]) {
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (mode: boolean) => raw.push(mode) });
  const stderr = new PassThrough();
  const io = ioOf({ stdin, stderr });
  for (const keys of typed) stdin.write(keys);
  return { io, raw, shown: (): Promise<string> => (stderr.end(), text(stderr)) };
}

describe('a secret that is typed', () => {
  it('is taken as it was corrected, and never shown', async () => {
    const { io, raw, shown } = terminal(['s3cx', '\u007f', 'ret\r']);
    const secret = await readSecret(io, 'value: ');
    expect(secret.reveal()).toBe('s3cret');
    expect(raw).toEqual([true, false]);
    expect(await shown()).toBe('value: \n');
  });

  it('is none at Ctrl-C, and the terminal is as before', async () => {
    const { io, raw } = terminal(['s3c', '\u0003']);
    await expect(readSecret(io, 'value: ')).rejects.toMatchObject({ exitCode: 130 });
    expect(raw).toEqual([true, false]);
  });

  it('is not waited for where the command was asked to stop before', async () => {
    const { io, raw } = terminal([]);
    await expect(readSecret({ ...io, stop: AbortSignal.abort() }, 'value: ')).rejects.toMatchObject({ exitCode: 130 });
    expect(raw).toEqual([true, false]);
  });
});

describe('after a secret was typed', () => {
  it.each([
    ['taken', 's3cret\r'],
    ['given up', '\u0003'],
  ])('nothing listens any more: %s', async (_how, typed) => {
    const { io } = terminal([typed]);
    await readSecret(io, 'value: ').catch(() => undefined);
    expect(getEventListeners(io.stop, 'abort')).toEqual([]);
    expect(io.stdin.listenerCount('data')).toBe(0);
    expect(io.stdin.isPaused()).toBe(true);
  });

  it('a command that is asked to stop meanwhile ends', async () => {
    const stop = new AbortController();
    const { io, raw } = terminal([]);
    const asked = readSecret({ ...io, stop: stop.signal }, 'value: ');
    stop.abort();
    await expect(asked).rejects.toMatchObject({ exitCode: 130 });
    expect(raw).toEqual([true, false]);
  });
});

describe('a secret that is piped', () => {
  const piped = (bytes: Buffer) => {
    const { io } = terminal([]);
    return { ...io, stdin: Readable.from([bytes]) };
  };

  it('is refused where it is no UTF-8: what was stored would be another value', async () => {
    await expect(readSecret(piped(Buffer.from([0x61, 0xff])), 'value: ')).rejects.toMatchObject({
      exitCode: 2,
      message: 'stdin is not UTF-8 text',
    });
  });

  it('loses the byte order mark that some shells write', async () => {
    const secret = await readSecret(piped(Buffer.from('\ufefftok\r\n')), 'value: ');
    expect(secret.reveal()).toBe('tok');
  });
});

describe('a confirmation', () => {
  it.each(['y\n', 'Y\n', 'yes\n'])('%j goes on', async (typed) => {
    const { io, shown } = terminal([typed]);
    await confirm(new Session(io, {}), 'revoke a/b', false);
    expect(await shown()).toContain('revoke a/b. Go on? [y/N] ');
  });

  it.each(['\n', 'n\n', 'yep\n'])('%j does nothing', async (typed) => {
    const { io } = terminal([typed]);
    await expect(confirm(new Session(io, {}), 'revoke a/b', false)).rejects.toMatchObject({ exitCode: 1 });
  });

  it('is left by Ctrl-C, and what is said then has a line of its own', async () => {
    const { io, shown } = terminal(['\u0003']);
    await expect(confirm(new Session(io, {}), 'revoke a/b', false)).rejects.toMatchObject({ exitCode: 130 });
    expect(await shown()).toMatch(/\n$/);
  });
});
