import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { inspect } from 'node:util';
import { errorTable } from '../../src/core/errors.js';
import { webhook } from '../../src/sinks/webhook.js';
import { collectGarbage } from '../support/collect-garbage.js';
import { openSink, sinkDelivery, sinkDeps, sinkRequest } from '../support/sink-files.js';
import { Receiver, receiverSecret, type Answer } from '../support/sink-receiver.js';
import { waitFor } from '../support/wait-for.js';

const key = 'production/crm.export';
const value = 'the-SECRET-value';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(() => receiver.close());

const open = (settings: object = {}) =>
  openSink(webhook, { url: receiver.url, secret: receiverSecret, ...settings }, sinkDeps('/'));

describe('the message', () => {
  test('is signed by Standard Webhooks and holds key, generation, value and expiry', async () => {
    const sink = await open();
    await sink.write({ ...sinkDelivery(key, 3, value), expiresAt: Date.UTC(2027, 0, 20) });
    expect(receiver.refusedSignatures).toBe(0);
    expect(receiver.received.map(({ message }) => message)).toEqual([
      {
        type: 'token.rotated',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
        data: { key, generation: 3, value, expiresAt: '2027-01-20T00:00:00.000Z' },
      },
    ]);
  });

  test('says null for an expiry that is not known', async () => {
    await (await open()).write(sinkDelivery(key, 1, value));
    expect(receiver.received[0]?.message.data).toMatchObject({ expiresAt: null });
  });

  test('has the same id at a retry, and another one for another generation, key or value', async () => {
    const sink = await open();
    for (const delivery of [
      sinkDelivery(key, 1, value),
      sinkDelivery(key, 1, value),
      sinkDelivery(key, 2, value),
      sinkDelivery('production/other', 1, value),
      // A token that was forgotten and declared anew starts at generation 1 again.
      sinkDelivery(key, 1, 'another'),
      // Not to be taken for the next, though all that they are made of reads the same.
      sinkDelivery(`${key}1`, 1, value),
      sinkDelivery(key, 11, value),
    ]) {
      await sink.write(delivery);
    }
    const [first, retry, ...others] = receiver.received.map(({ id }) => id);
    expect(retry).toBe(first);
    expect(new Set([first, ...others]).size).toBe(6);
    // A dot would make the signed text ambiguous.
    for (const { id } of receiver.received) expect(id).toMatch(/^msg_[A-Za-z0-9_-]{27}$/);
  });

  test('that puts a value back after its removal has a new id, the same at a retry', async () => {
    const sink = await open();
    const delivery = sinkDelivery(key, 1, value);
    for (const removedAt of [undefined, null, 1_000, 1_000, 2_000]) await sink.write({ ...delivery, removedAt });
    const [first, ...ids] = receiver.received.map(({ id }) => id);
    expect(ids[0]).toBe(first);
    expect(ids[1]).toBe(ids[2]);
    expect(new Set([first, ids[1], ids[3]]).size).toBe(3);
  });

  test('of a removal holds the key only', async () => {
    const sink = await open();
    await sink.remove(sinkRequest(key));
    await sink.remove(sinkRequest(key));
    expect(receiver.received.map(({ message }) => [message.type, message.data])).toEqual([
      ['token.removed', { key }],
      ['token.removed', { key }],
    ]);
    expect(receiver.received[0]?.id).not.toBe(receiver.received[1]?.id);
  });

  test('with a wrong secret is refused by the receiver, which is a matter of configuration', async () => {
    const sink = await open({ secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` });
    await expect(sink.write(sinkDelivery(key, 1, value))).rejects.toMatchObject({ code: 'SinkRefused' });
    expect(receiver.refusedSignatures).toBe(1);
  });
});

describe('what the receiver answers', () => {
  const hour = 3_600_000;
  const soon = new Date(Date.now() + hour).toUTCString();
  const cases: [string, Answer, string | null, ((retryAfterMs: number) => boolean)?][] = [
    ['200', { status: 200 }, null],
    ['202', { status: 202 }, null],
    ['204', { status: 204 }, null],
    ['301, a redirect', { status: 301, headers: { location: '/elsewhere' } }, 'SinkRefused'],
    [
      '307, a redirect that would repeat the value',
      { status: 307, headers: { location: '/elsewhere' } },
      'SinkRefused',
    ],
    ['400', { status: 400 }, 'SinkRefused'],
    ['401', { status: 401 }, 'SinkRefused'],
    ['404', { status: 404 }, 'SinkRefused'],
    ['408', { status: 408 }, 'SinkUnavailable'],
    ['410, gone', { status: 410 }, 'SinkRefused'],
    ['429 with seconds', { status: 429, headers: { 'retry-after': '7' } }, 'SinkUnavailable', (ms) => ms === 7_000],
    [
      '503 with a date',
      { status: 503, headers: { 'retry-after': soon } },
      'SinkUnavailable',
      // Written when this file was loaded: the longer this machine takes until now, the less is left.
      (ms) => ms > hour / 2 && ms <= hour,
    ],
    ['503 with nonsense', { status: 503, headers: { 'retry-after': 'soon' } }, 'SinkUnavailable'],
    ['500', { status: 500, body: `you sent ${value}` }, 'SinkUnavailable'],
    ['a cut connection', 'drop', 'SinkUnavailable'],
    ['nothing in time', 'hang', 'SinkUnavailable'],
  ];
  test.each(cases)('%s', async (_, answer, code, isRetryAfter) => {
    // Time enough to hear what is answered at once, and for the request to get there that is not answered.
    const sink = await open({ timeout: answer === 'hang' ? '2s' : '20s' });
    receiver.script.push(answer);
    const error: unknown = await sink.write(sinkDelivery(key, 1, value)).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (code === null) return expect(error).toBeNull();
    expect(error).toMatchObject({ code });
    const { retryAfterMs, message } = error as { retryAfterMs?: number; message: string };
    if (isRetryAfter) expect(retryAfterMs).toSatisfy(isRetryAfter);
    else expect(retryAfterMs).toBeUndefined();
    if (typeof answer === 'object') expect(message).toContain(`answered ${answer.status}`);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('SECRET');
    expect(receiver.requests).toBe(1);
  });

  test('is let go unread: its connection does not wait for the garbage collector', async () => {
    receiver.script.push({ status: 200, body: 'x'.repeat(1_000_000) });
    const answers: Response[] = [];
    const spy: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      answers.push(answer);
      return answer;
    };
    const settings = { url: receiver.url, secret: receiverSecret };
    const sink = await openSink(webhook, settings, { ...sinkDeps('/'), fetch: spy });
    await sink.write(sinkDelivery(key, 1, value));
    expect(answers.map(({ status, bodyUsed }) => [status, bodyUsed])).toEqual([[200, true]]);
  });

  test('410 to a removal is as good as done', async () => {
    receiver.script.push({ status: 410 });
    await (await open()).remove(sinkRequest(key));
    receiver.script.push({ status: 404 });
    await expect((await open()).remove(sinkRequest(key))).rejects.toMatchObject({ code: 'SinkRefused' });
  });

  test.each([
    [{ status: 405 }, null],
    [{ status: 404 }, null],
    [{ status: 501 }, null],
    [{ status: 302, headers: { location: '/' } }, null],
    [{ status: 503, headers: { 'retry-after': '3' } }, 'SinkUnavailable'],
    ['drop', 'SinkUnavailable'],
  ] as [Answer, string | null][])('%j to a check: %s', async (answer, code) => {
    receiver.script.push(answer);
    const check = (await open()).check(sinkRequest(key));
    if (code === null) await check;
    else await expect(check).rejects.toMatchObject({ code });
    expect(receiver.received).toEqual([]);
  });

  test('a check that fails says that it was no message: the log of a receiver has no refused one', async () => {
    receiver.script.push({ status: 502 });
    await expect((await open()).check(sinkRequest(key))).rejects.toMatchObject({
      message: expect.stringMatching(/ \(HEAD\) answered 502$/),
      do: expect.stringContaining('a HEAD request'),
    });
  });
});

test.each([
  [400, 600_000, 'correct the clock of this host: it is 600 s ahead of that of the receiver'],
  [401, -600_000, 'correct the clock of this host: it is 600 s behind that of the receiver'],
  [404, 600_000, errorTable.SinkRefused.do],
  [400, 60_000, errorTable.SinkRefused.do],
])('%i to a message of a clock that is off by %i ms: %s', async (status, skewMs, remedy) => {
  const date = Date.now();
  receiver.script.push({ status, headers: { date: new Date(date).toUTCString() } });
  const settings = { url: receiver.url, secret: receiverSecret };
  const now = () => Math.floor(date / 1000) * 1000 + skewMs;
  const sink = await openSink(webhook, settings, { ...sinkDeps('/'), now });
  await expect(sink.write(sinkDelivery(key, 1, value))).rejects.toMatchObject({ code: 'SinkRefused', do: remedy });
});

test('an abort ends a call that is under way', async () => {
  receiver.otherwise = 'hang';
  const stop = new AbortController();
  const write = (await open()).write(sinkDelivery(key, 1, value, {}, { signal: stop.signal }));
  const failed = expect(write).rejects.toMatchObject({ code: 'Cancelled' });
  await waitFor(() => receiver.requests === 1, { limitMs: 45_000, describe: 'the request' });
  stop.abort();
  await failed;
});

test('a receiver that does not answer is given up after 10 s', async () => {
  using timer = vi.spyOn(globalThis, 'setTimeout');
  const write = (await open()).write(sinkDelivery(key, 1, value, {}, { signal: AbortSignal.abort() }));
  await expect(write).rejects.toMatchObject({ code: 'Cancelled' });
  expect(timer).toHaveBeenCalledWith(expect.any(Function), 10_000);
});

test('a receiver that does not answer is given up as late as it is given, also where memory is tidied up meanwhile', async () => {
  receiver.otherwise = 'hang';
  const write = (await open({ timeout: '2s' })).write(sinkDelivery(key, 1, value));
  const failed = expect(write).rejects.toMatchObject({
    code: 'SinkUnavailable',
    message: `webhook ${new URL(receiver.url).origin}: no answer in time`,
  });
  await waitFor(() => receiver.requests === 1, { limitMs: 45_000, describe: 'the request' });
  collectGarbage();
  await failed;
}, 60_000);

test('a receiver that is not there is unavailable', async () => {
  const gone = await Receiver.start();
  const { url } = gone;
  await gone.close();
  const sink = await open({ url });
  await expect(sink.write(sinkDelivery(key, 1, value))).rejects.toMatchObject({
    code: 'SinkUnavailable',
    message: `webhook ${new URL(url).origin}: no answer (ECONNREFUSED)`,
  });
});

test('a receiver that does not speak TLS says that the address is to be corrected', async () => {
  const sink = await open({ url: receiver.url.replace('http:', 'https:') });
  await expect(sink.write(sinkDelivery(key, 1, value))).rejects.toMatchObject({
    code: 'SinkUnavailable',
    do: 'correct the address: nobody speaks TLS there',
  });
});

describe('settings', () => {
  const base = { url: 'https://crm.test/tokens', secret: receiverSecret };
  test.each([
    [{}, null],
    [{ url: 'http://127.0.0.1:9401/tokens' }, null],
    [{ url: 'http://localhost/tokens' }, null],
    [{ url: 'http://[::1]:9401/tokens' }, null],
    [{ url: 'http://crm.test/tokens' }, 'url'],
    [{ url: 'http://127.0.0.1.crm.test/tokens' }, 'url'],
    [{ url: 'http://crm.test/tokens', allowInsecure: true }, null],
    [{ url: 'https://me:SECRET@crm.test/' }, 'url'],
    [{ url: 'ftp://crm.test/' }, 'url'],
    [{ url: 'nonsense' }, 'url'],
    [{ secret: 'whsec_SECRET' }, 'secret'],
    [{ secret: Buffer.alloc(32).toString('base64') }, 'secret'],
    [{ secret: `whsec_${Buffer.alloc(23).toString('base64')}` }, 'secret'],
    [{ secret: `whsec_${Buffer.alloc(65).toString('base64')}` }, 'secret'],
    // Receivers' libraries differ in what they make of base64 that was cut off.
    [{ secret: `whsec_${'A'.repeat(43)}` }, 'secret'],
    [{ secret: `${receiverSecret}\n` }, null],
    [{ timeout: '10' }, 'timeout'],
    [{ timeout: '20s' }, null],
    [{ timeout: '21s' }, 'timeout'],
    [{ unknown: 1 }, ''],
  ])('%j: refused at %j', (settings, at) => {
    const { error } = webhook.connection.safeParse({ ...base, ...settings });
    const paths = new Set((error?.issues ?? []).map(({ path }) => String(path[0] ?? '')));
    expect([...paths]).toEqual(at === null ? [] : [at]);
    expect(error?.message ?? '').not.toContain('SECRET');
  });

  test('many tokens may share a receiver, whose query is never shown', () => {
    const connection = webhook.connection.parse({ ...base, url: 'https://crm.test/tokens?auth=SECRET' });
    expect(webhook.place(connection, key, {}, '/')).toBe(`https://crm.test/tokens#${key}`);
  });
});
