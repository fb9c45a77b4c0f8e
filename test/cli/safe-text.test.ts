import { describe, expect, it } from 'vitest';
import { safeText } from '../../src/cli/safe-text.js';

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
