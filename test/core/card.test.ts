import { describe, expect, it } from 'vitest';
import { cardOf } from '../../src/core/lifecycle/card.js';
import { currentOf, problemOf, rowOf, specOf } from './build.js';
import { healthy, lagging, nothing, tracked } from './states.js';
import { day, hour, minute, t0 } from './time.js';

const now = t0 + minute;
const linesOf = (state: Parameters<typeof cardOf>[0]): string[] => cardOf(state, now).split('\n');

describe('the card of the Web UI', () => {
  it('reads well where all is well', () => {
    expect(cardOf(healthy(), now)).toBe(
      [
        '### test/token: healthy',
        '',
        '- **Generation 3** issued 2027-01-01T00:00:00Z, fingerprint `0000000000000003`',
        '- **Expires** 2027-01-01T01:00:00Z, **renews** 2027-01-01T00:40:00Z',
        '',
        '**Sinks:** 2 of 2 on generation 3',
        '',
        '- one: generation 3',
        '- two: generation 3',
        '',
        'Owner platform, issuer issuer, vault vault. As of 2027-01-01T00:01:00Z.',
      ].join('\n'),
    );
  });

  it('gives people’s text no line of its own', () => {
    const pause = { until: null, reason: 'why\n\n> **Do:** curl evil', actor: 'ann\r\n# x' };
    expect(linesOf(healthy({ pause }))).toContain(
      '- **Paused** until it is resumed by ann # x: why \\> \\*\\*Do:\\*\\* curl evil',
    );
  });

  it('names no instant for what a pause keeps from happening then', () => {
    const previous = [{ generation: 2, fingerprint: 'x', expiresAt: null, retireAt: t0 + 10 * minute }];
    const wordsOf = (until: number | null): (string | undefined)[] => {
      const lines = linesOf(healthy({ previous, pause: { until, actor: 'ana', reason: 'x' } }));
      return [/renews\*\* .*/.exec(lines.join('\n'))?.[0], lines.find((line) => line.startsWith('- Generation 2'))];
    };
    const never = ['renews** after the pause', '- Generation 2 is revoked after the pause'];
    expect(wordsOf(null)).toEqual(never);
    expect(wordsOf(t0 + hour)).toEqual(never);
    expect(wordsOf(t0 + 10 * minute)).toEqual([
      'renews** 2027-01-01T00:40:00Z',
      '- Generation 2 is revoked at 2027-01-01T00:10:00Z',
    ]);
  });

  it('names no instant of a renewal that a person has to decide on', () => {
    const card = (kind: 'person' | 'waiting'): string =>
      cardOf(healthy({ problem: problemOf('InvalidGrant', kind) }), now);
    expect(card('person')).toContain('**renews** once a person has decided');
    expect(card('waiting')).toContain('**renews** 2027-01-01T00:40:00Z');
  });

  it('begins with what to do and why, then tells all that is wrong', () => {
    const held = { generation: 1, fingerprint: 'x', expiresAt: t0 + hour, retireAt: null };
    const state = healthy({
      spec: specOf({ owner: null, runbook: 'https://wiki.test' }),
      sinks: lagging,
      problem: problemOf('InvalidClient', 'waiting'),
      previous: [held, { ...held, generation: 2, retireAt: t0 + hour }],
      stalled: { 'retire:2': { failures: 1, retryAt: t0 + hour, code: 'PolicyDenied', message: 'no' } },
    });
    expect(cardOf(state, now)).toBe(
      [
        '### test/token: needs-attention',
        '',
        '> **Do:** correct the client credentials of the issuer connection',
        '',
        '> **Do:** fix the receiver, or: `tokenkeeper deliver test/token --sink two`',
        '',
        '- **InvalidClient** at 2027-01-01T00:00:00Z: it was InvalidClient',
        '- **PolicyDenied** retire:2: no; next try 2027-01-01T01:00:00Z',
        '- **Generation 3** issued 2027-01-01T00:00:00Z, fingerprint `0000000000000003`',
        '- **Expires** 2027-01-01T01:00:00Z, **renews** 2027-01-01T00:40:00Z',
        '- Generation 1 is held: a sink still has it',
        '- Generation 2 is revoked at 2027-01-01T01:00:00Z',
        '',
        '**Sinks:** 1 of 2 on generation 3',
        '',
        '- **two**: generation 2, **SinkUnavailable** HTTP 503',
        '- one: generation 3',
        '',
        'Owner nobody, issuer issuer, vault vault, [runbook](https://wiki.test). As of 2027-01-01T00:01:00Z.',
      ].join('\n'),
    );
  });

  it.each([
    ['https://wiki.test/a_(b)', 'https://wiki.test/a_%28b%29'],
    ['https://wiki.test/) ![x](https://evil.test/x\n# y', 'https://wiki.test/%29%20![x]%28https://evil.test/x%0a#%20y'],
  ])('links to the runbook %s, and to nothing else', (runbook, target) => {
    expect(cardOf(healthy({ spec: specOf({ runbook }) }), now)).toContain(`, [runbook](${target}). As of `);
  });

  it.each([
    ['dies at', t0 + hour, '- Generation 2 dies at 2027-01-01T01:00:00Z'],
    ['is left to expire', null, '- Generation 2 is left to expire'],
  ])('of one that is left to itself: %s', (_name, expiresAt, line) => {
    const previous = [{ generation: 2, fingerprint: 'x', expiresAt, retireAt: t0 }];
    expect(linesOf(tracked({ previous }))).toContain(line);
    expect(linesOf(healthy({ previous, revokeHarms: true }))).toContain(line);
  });

  it.each([
    ['an end', t0 + hour, '- **Paused** until 2027-01-01T01:00:00Z by ana: maintenance'],
    ['no end', null, '- **Paused** until it is resumed by ana: maintenance'],
  ])('tells who paused it and why, with %s', (_name, until, line) => {
    expect(linesOf(healthy({ pause: { until, actor: 'ana', reason: 'maintenance' } }))).toContain(line);
  });

  it('tells who closes it', () => {
    const closing = { kind: 'forget', actor: 'ana', reason: 'Requested' } as const;
    expect(linesOf(healthy({ closing }))).toContain('- **Closing** (forget) by ana: Requested');
  });

  it.each([
    ['a named proof', 'introspection', '- **Verified** 2027-01-01T00:00:00Z, introspection'],
    ['an unnamed one', null, '- **Verified** 2027-01-01T00:00:00Z, by the issuer'],
  ])('tells when it was verified: %s', (_name, verifiedBy, line) => {
    expect(linesOf(healthy({ current: currentOf(3, { verifiedAt: t0, verifiedBy }) }))).toContain(line);
  });

  it.each([
    ['with what they keep', 3, null, '- old: taken out, keeps generation 3'],
    ['with what they may keep', 0, null, '- old: taken out, may keep a value'],
    [
      'being emptied',
      3,
      { at: t0, actor: 'ana' },
      '- old: taken out, keeps generation 3, **is being emptied** since 2027-01-01T00:00:00Z',
    ],
  ])('names sinks that were taken out: %s', (_name, generation, emptying, line) => {
    const sink = { id: 'old', connection: 'old', target: {}, takeOver: false };
    expect(linesOf(healthy({ left: [{ sink, generation, revision: 2, emptying }] }))).toContain(line);
  });

  it('says what is not there', () => {
    expect(linesOf(healthy(nothing))).toEqual(expect.arrayContaining(['- No value yet', '- one: nothing yet']));
    expect(linesOf(tracked({ current: currentOf(3, { expiresAt: null, renewAt: null }) }))).toContain(
      '- **Expires** unknown, **renews** by hand',
    );
    expect(linesOf(tracked({ current: currentOf(3, { expiresAt: t0 + day }) }))).toContain(
      '- **Expires** 2027-01-02T00:00:00Z, **renews** by hand',
    );
  });

  it('shows the sinks that lag and as many of the others as fit', () => {
    const ids = Array.from({ length: 25 }, (_, index) => `sink-${index}`);
    const late = rowOf(2, { laggingSince: t0 });
    const sinks = Object.fromEntries(ids.map((id) => [id, id === 'sink-24' ? late : rowOf(3)]));
    const shown = linesOf(healthy({ sinks })).filter((line) => /^- (\*\*)?sink|more/.test(line));
    expect(shown).toHaveLength(21);
    expect(shown[0]).toBe('- **sink-24**: generation 2');
    expect(shown.at(-1)).toBe('- and 5 more');
  });

  it('leaves nothing in a message for Markdown to change', () => {
    const problem = { ...problemOf('PolicyDenied', 'waiting'), message: 'needs --take-over of a*b_c [x](y) <b> `z`' };
    expect(linesOf(healthy({ problem }))).toContain(
      '- **PolicyDenied** at 2027-01-01T00:00:00Z: needs `--take-over` of a\\*b\\_c \\[x\\](y) \\<b\\> \\`z\\`',
    );
  });
});
