import { describe, expect, it } from 'vitest';
import { forms, SecretScan } from '../support/secret-scan.js';

/** Holds what each form writes differently. */
const canary = 'can+ary/"sécrèt"\n&=%?~ 7f3a91c0d4';

function scanFor(text: string): ReturnType<SecretScan['find']> {
  const scan = new SecretScan();
  scan.addSecret('canary', canary);
  scan.addText('here', text);
  return scan.find();
}

describe('the secret scan', () => {
  const rows = Object.entries(forms).flatMap(([form, write]) =>
    write(canary).map((text, index) => ({ form, text, name: `${form} ${index + 1}` })),
  );

  it.each(rows)('finds a planted canary: $name', ({ text, form }) => {
    const [finding] = scanFor(`some text before it ${text} and after it`);
    expect(finding).toMatchObject({ secret: 'canary', place: 'here' });
    expect(forms[form]?.(canary)).toContain(text);
    expect(JSON.stringify(finding)).not.toContain(canary);
  });

  it.each([0, 1, 2, 3, 4, 5])(
    'finds it in a longer text that was encoded as a whole, %i bytes behind its start',
    (n) => {
      const longer = Buffer.from(`${'x'.repeat(n)}${canary} and more`);
      for (const encoding of ['base64', 'base64url', 'hex'] as const) {
        expect(scanFor(longer.toString(encoding)).length, encoding).toBeGreaterThan(0);
      }
      expect(scanFor(JSON.stringify({ text: longer.toString() })).length).toBeGreaterThan(0);
      expect(scanFor(new URLSearchParams({ text: longer.toString() }).toString()).length).toBeGreaterThan(0);
    },
  );

  it('finds it in an error, in bytes, in names, and deep inside of values', () => {
    const places: Record<string, unknown> = {
      error: new Error(`no access with ${canary}`),
      cause: new Error('no access', { cause: new Error(canary) }),
      bytes: { payloads: [{ data: Buffer.from(JSON.stringify({ token: canary })) }] },
      name: { [canary]: 1 },
      map: new Map([['token', { value: canary }]]),
    };
    const scan = new SecretScan();
    scan.addSecret('canary', canary);
    for (const [place, value] of Object.entries(places)) scan.addTextsOf(place, value);
    expect(new Set(scan.find().map(({ place }) => place))).toEqual(new Set(Object.keys(places)));
  });

  it('finds nothing where only other text stands', () => {
    expect(
      scanFor(`${canary.slice(0, -1)} canary ${Buffer.from(canary.slice(3)).toString('base64').slice(0, 20)}`),
    ).toEqual([]);
  });

  it('refuses a secret that it could not tell from other text', () => {
    expect(() => new SecretScan().addSecret('pin', '1234')).toThrow('pin is too short');
  });
});
