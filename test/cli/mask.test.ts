import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MaskStream } from '../../src/cli/mask.js';

const masked = (secrets: readonly string[], chunks: readonly string[]): Promise<string> =>
  text(Readable.from(chunks.map((chunk) => Buffer.from(chunk))).pipe(new MaskStream(secrets)));

describe('masking', () => {
  it.each([
    { title: 'a secret in one chunk', chunks: ['have abc123 here'], seen: 'have [secret] here' },
    { title: 'a secret over three chunks', chunks: ['have ab', 'c1', '23 here'], seen: 'have [secret] here' },
    { title: 'secrets side by side', chunks: ['abc123abc123'], seen: '[secret][secret]' },
    { title: 'what only looks like its start', chunks: ['ab', 'cx abc12'], seen: 'abcx abc12' },
    { title: 'the longer of two that overlap', chunks: ['abc123-long'], seen: '[secret]' },
    { title: 'nothing', chunks: [], seen: '' },
  ])('hides $title', async ({ chunks, seen }) => {
    expect(await masked(['abc123', 'abc123-long'], chunks)).toBe(seen);
  });

  it('lets a prompt through at once', async () => {
    const stream = new MaskStream(['abc123']);
    stream.write('Password: ');
    expect(String(stream.read())).toBe('Password: ');
  });

  it('never lets a secret through, however the output is cut', async () => {
    const secret = 'tok-tok-tick';
    const parts = fc.array(fc.constantFrom(secret, 'tok-', 'tick', 't', '\n', 'x'), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(parts, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), async (words, sizes) => {
        const whole = words.join('');
        const chunks: string[] = [];
        for (let at = 0; at < whole.length;) {
          const size = sizes.next().value as number;
          chunks.push(whole.slice(at, at + size));
          at += size;
        }
        expect(await masked([secret], chunks)).toBe(whole.replaceAll(secret, '[secret]'));
      }),
      { numRuns: 200 },
    );
  });
});
