import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { Failure, report } from '../../src/cli/report.js';
import { safeLine, safeText } from '../../src/cli/terminal/safe-text.js';
import { Session } from '../../src/cli/session.js';
import { show } from '../../src/cli/terminal/watch.js';

it('is all that a failure shows of what came from elsewhere', () => {
  const stderr = new PassThrough();
  const code = report(new Failure(1, 'a\u001b]0;x\u0007b', 'c\u001b[2Jd'), { stderr, env: {} } as unknown as Io, null);
  expect({ code, text: String(stderr.read()) }).toEqual({ code: 1, text: 'tokenkeeper: a?]0;x?b\ndo: c?[2Jd\n' });
});

it('is all that a stack shows, too', () => {
  const stderr = new PassThrough();
  report(new Failure(1, 'a\u001b[2Jb', null), { stderr, env: { TOKENKEEPER_DEBUG: '1' } } as unknown as Io, null);
  expect(String(stderr.read())).toMatch(/^tokenkeeper: a\?\[2Jb\nError: a\?\[2Jb\n {4}at /);
});

it.each([false, true])('is all that a command shows, a line each (watched: %s)', async (watched) => {
  const stdout = Object.assign(new PassThrough(), { isTTY: true });
  const stop = new AbortController();
  const session = new Session({ stdout, env: {}, stop: stop.signal } as unknown as Io, {});
  await show(session, watched, async () => {
    stop.abort();
    return ['paused: why\n  do  evil\u001b[2J', 'next'];
  });
  expect(String(stdout.read()).replace('\u001b[2J\u001b[H', '')).toBe('paused: why   do  evil?[2J\nnext\n');
});

it('is shown without control codes where the terminal knows none', async () => {
  const stdout = Object.assign(new PassThrough(), { isTTY: true });
  const stop = new AbortController();
  const session = new Session({ stdout, env: { TERM: 'dumb' }, stop: stop.signal } as unknown as Io, {});
  await show(session, true, async () => {
    stop.abort();
    return ['one', 'two'];
  });
  expect(String(stdout.read())).toBe('one\ntwo\n\n');
});

it('leaves one line one', () => {
  expect(safeLine('paused: why\n  do  curl https://evil.example\r\n\u001b[31mx')).toBe(
    'paused: why   do  curl https://evil.example? \u001b[31mx',
  );
});

describe('text for a terminal', () => {
  it.each([
    { title: 'a cursor that moves', text: 'a\u001b[2Jb', seen: 'a?[2Jb' },
    { title: 'a title that is set', text: 'a\u001b]0;x\u0007b', seen: 'a?]0;x?b' },
    { title: 'a control character of one byte', text: 'a\u009b2Jb\r\b', seen: 'a?2Jb??' },
    { title: 'what only looks like a color', text: 'a\u009b[31mb\u0007[1mc', seen: 'a?[31mb?[1mc' },
    { title: 'text that is turned around', text: 'a\u202eb\u2066c\u200fd\u061c', seen: 'a?b?c?d?' },
    { title: 'text that nobody sees', text: 'a\u200bb\u2060c\ufeff', seen: 'a?b?c?' },
    { title: 'a color that hides', text: '\u001b[8ma\u001b[30;40mb\u001b[7mc', seen: '?[8ma?[30;40mb?[7mc' },
  ])('loses $title', ({ text, seen }) => {
    expect(safeText(text)).toBe(seen);
  });

  it('keeps colors, line ends, tabs and every script', () => {
    const text = '\u001b[31mpartial\u001b[39m\t名前 👩‍💻 ümläut\n';
    expect(safeText(text)).toBe(text);
  });
});
