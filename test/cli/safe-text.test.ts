import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { Failure, report } from '../../src/cli/report.js';
import { safeText } from '../../src/cli/safe-text.js';

it('is all that a failure shows of what came from elsewhere', () => {
  const stderr = new PassThrough();
  const code = report(new Failure(1, 'a\u001b]0;x\u0007b', 'c\u001b[2Jd'), { stderr, env: {} } as unknown as Io, null);
  expect({ code, text: String(stderr.read()) }).toEqual({ code: 1, text: 'tokenkeeper: a?]0;x?b\ndo: c?[2Jd\n' });
});

describe('text for a terminal', () => {
  it.each([
    { title: 'a cursor that moves', text: 'a\u001b[2Jb', seen: 'a?[2Jb' },
    { title: 'a title that is set', text: 'a\u001b]0;x\u0007b', seen: 'a?]0;x?b' },
    { title: 'a control character of one byte', text: 'a\u009b2Jb\r\b', seen: 'a?2Jb??' },
    { title: 'what only looks like a color', text: 'a\u009b[31mb\u0007[1mc', seen: 'a?[31mb?[1mc' },
    { title: 'text that is turned around', text: 'a\u202eb\u2066c', seen: 'a?b?c' },
  ])('loses $title', ({ text, seen }) => {
    expect(safeText(text)).toBe(seen);
  });

  it('keeps colors, line ends, tabs and every script', () => {
    const text = '\u001b[31mpartial\u001b[39m\t名前 👩‍💻 ümläut\n';
    expect(safeText(text)).toBe(text);
  });
});
