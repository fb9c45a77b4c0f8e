import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from '../support/same-scripts.js';
import { describe, expect, it, vi } from 'vitest';
import { HiddenSecrets, MaskStream } from '../../src/cli/exec/mask.js';
import { formsOf } from '../../src/cli/exec/secret-forms.js';

const masked = (secrets: readonly string[], chunks: readonly string[]): Promise<string> =>
  text(Readable.from(chunks.map((chunk) => Buffer.from(chunk))).pipe(new MaskStream(new HiddenSecrets(secrets))));

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
    const stream = new MaskStream(new HiddenSecrets(['abc123']));
    stream.write('Password: ');
    expect(String(stream.read())).toBe('Password: ');
  });

  it('waits for the longer of two that begin alike, at the border of a chunk too', async () => {
    expect(await masked(['abc123', 'abc123-long'], ['abc123', '-long abc123', ' x'])).toBe('[secret] [secret] x');
    expect(await masked(['xabc', 'bcde'], ['xabc', 'de'])).toBe('[secret]de');
  });

  const secret = 'p@ss/wörd+with "quotes"==';
  const of = (encoding: BufferEncoding, text = secret): string => Buffer.from(text).toString(encoding);
  it.each([
    { title: 'base64', text: of('base64') },
    { title: 'base64url', text: of('base64url') },
    { title: 'hexadecimal', text: of('hex') },
    { title: 'a URL', text: encodeURIComponent(secret) },
    { title: 'a form', text: new URLSearchParams({ s: secret }).toString().slice(2) },
    { title: 'JSON', text: JSON.stringify(secret).slice(1, -1) },
  ])('hides it as $title', async ({ text }) => {
    expect(await masked([secret], [`have ${text.slice(0, 5)}`, `${text.slice(5)}.`])).toBe('have [secret].');
  });

  it.each([
    { title: 'hexadecimal of capitals', text: of('hex').toUpperCase() },
    { title: 'JSON whose slashes are escaped', text: JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/') },
    { title: 'a URL that keeps its slashes', text: encodeURI(secret) },
    {
      title: 'a URL of small letters',
      text: encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase()),
    },
  ])('hides it as $title, too', async ({ text }) => {
    expect(await masked([secret], [`have ${text}.`])).toBe('have [secret].');
  });

  it.each([
    {
      by: 'Go',
      text: String.raw`b<c>\u0026d/ö+'\"(x)!`.replace('<', String.raw`\u003c`).replace('>', String.raw`\u003e`),
    },
    { by: 'Python', text: String.raw`b<c>&d/\u00f6+'\"(x)!` },
    { by: 'PHP', text: String.raw`b<c>&d\/\u00f6+'\"(x)!` },
    { by: '.NET', text: String.raw`b\u003Cc\u003E\u0026d/\u00F6\u002B\u0027\u0022(x)!` },
    { by: 'Go for a URL', text: 'b%3Cc%3E%26d%2F%C3%B6%2B%27%22%28x%29%21' },
    { by: 'Python for a URL', text: 'b%3Cc%3E%26d/%C3%B6%2B%27%22%28x%29%21' },
  ])('hides it as $by escapes it', async ({ text }) => {
    expect(await masked([`b<c>&d/ö+'"(x)!`], [`have ${text}.`])).toBe('have [secret].');
  });

  it('hides each of its forms wherever it is cut in two, up to its last character', async () => {
    for (const form of formsOf(secret).map((text) => Buffer.from(text))) {
      for (let at = 1; at < form.length; at++) {
        const stream = new MaskStream(new HiddenSecrets([secret]));
        stream.write(form.subarray(0, at));
        stream.end(form.subarray(at));
        expect(await text(stream)).toBe('[secret]');
      }
    }
  });

  it.each(['u:', 'us:', 'use:'])(
    'hides it in the base64 of %s and the secret, but for what the neighbours share',
    async (user) => {
      const seen = await masked([secret], [of('base64', `${user}${secret}`)]);
      expect(seen).toMatch(/^[A-Za-z0-9+/]{1,8}\[secret\][A-Za-z0-9+/]?={0,2}$/);
    },
  );

  it('hides each line of one that has several', async () => {
    const key = '-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----';
    expect(await masked([key], ['one kqhkiG9w0BAQEF two ', key, '\n', key.replaceAll('\n', '\r\n')])).toBe(
      'one [secret] two [secret]\n[secret]',
    );
  });

  it('hides what came later, too', async () => {
    const hidden = new HiddenSecrets(['first-value']);
    const stream = new MaskStream(hidden);
    stream.write('first-value second-value\n');
    hidden.add(['second-value']);
    stream.end('first-value second-value\n');
    expect(await text(stream)).toBe('[secret] second-value\n[secret] [secret]\n');
  });

  it('compares no more after a month of hourly values than with the first', async () => {
    const values = Array.from({ length: 720 }, () => `eyJhbGciOi${randomBytes(600).toString('base64url')}`);
    const compared = async (secrets: readonly string[]): Promise<number> => {
      const stream = new MaskStream(new HiddenSecrets(secrets)).resume();
      using compare = vi.spyOn(String.prototype, 'startsWith');
      await new Promise<unknown>((resolve) => stream.write(Buffer.from('log line '.repeat(400)), resolve));
      return compare.mock.calls.length;
    };
    const ofOne = await compared(values.slice(0, 1));
    expect(ofOne).toBeGreaterThan(0);
    // Tried one by one, they would be compared 720 times as often; the rest of the process may do a little, too.
    expect(await compared(values)).toBeLessThan(2 * ofOne);
  });

  it('keeps the last thousand that it was given, so that it does not grow for ever, and none that is given anew is forgotten', async () => {
    const hidden = new HiddenSecrets(['value-that-is-gone', 'value-that-stays']);
    hidden.add(Array.from({ length: 998 }, (_, index) => `value-${index}-of-many`));
    hidden.add(['value-that-stays', 'value-that-is-new']);
    const stream = new MaskStream(hidden);
    stream.end('value-that-is-gone value-that-stays value-0-of-many value-that-is-new');
    expect(await text(stream)).toBe('value-that-is-gone [secret] [secret] [secret]');
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
