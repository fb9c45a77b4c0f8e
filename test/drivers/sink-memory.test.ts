import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import { memory, memorySink, type MemorySink } from '../../src/sinks/memory.js';
import type { Sink } from '../../src/sinks/sink.js';
import { testFingerprint } from '../contracts/fingerprint.js';
import { openSink, sinkDelivery, sinkDeps, sinkRequest } from '../support/sink-files.js';

const key = 'production/crm-export';

let name: string;
let control: MemorySink;
let sink: Sink;
beforeEach(async () => {
  name = randomUUID();
  control = memorySink(name);
  sink = await openSink(memory, { name }, { ...sinkDeps('/'), now: () => 1_700_000_000_000 });
});

test('sinks of one name share what they hold, others do not', async () => {
  await sink.write(sinkDelivery(key, 1, 'a'));
  const same = await openSink(memory, { name }, sinkDeps('/'));
  const other = await openSink(memory, { name: randomUUID() }, sinkDeps('/'));
  expect(await same.read(sinkRequest(key))).toMatchObject({ ours: true });
  expect(await other.read(sinkRequest(key))).toEqual({ found: 'nothing' });
});

test('every write that was taken is recorded, a repetition only counted, and no record prints a value', async () => {
  await sink.write(sinkDelivery(key, 1, 'the-SECRET'));
  await sink.write(sinkDelivery(key, 1, 'the-SECRET'));
  await sink.write(sinkDelivery(key, 2, 'the-SECRET'));
  const row = { key, slot: key, fingerprint: testFingerprint('the-SECRET'), at: 1_700_000_000_000 };
  expect(control.writes).toEqual([
    { ...row, generation: 1 },
    { ...row, generation: 2 },
  ]);
  expect(control.calls).toEqual({ check: 0, write: 3, read: 0, remove: 0 });
  expect(control.held(key)?.reveal()).toBe('the-SECRET');
  expect(JSON.stringify([...control.slots])).not.toContain('SECRET');
});

test('fails as often as it was told, then works', async () => {
  control.failNext(new TokenError('SinkRefused', 'told to'), 2);
  await expect(sink.write(sinkDelivery(key, 1, 'a'))).rejects.toMatchObject({ code: 'SinkRefused' });
  await expect(sink.check(sinkRequest(key))).rejects.toMatchObject({ code: 'SinkRefused' });
  await sink.write(sinkDelivery(key, 1, 'a'));
  expect(control.writes).toHaveLength(1);
});

test('is down until it is up again', async () => {
  const recover = control.failUntil();
  for (let i = 0; i < 3; i += 1) {
    await expect(sink.write(sinkDelivery(key, 1, 'a'))).rejects.toMatchObject({ code: 'SinkUnavailable' });
  }
  recover();
  await sink.write(sinkDelivery(key, 1, 'a'));
});

test('holds every call until it is let go, and lets an aborted one out', async () => {
  const release = control.hold();
  const stop = new AbortController();
  const aborted = expect(sink.write(sinkDelivery(key, 1, 'a', {}, { signal: stop.signal }))).rejects.toMatchObject({
    code: 'Cancelled',
  });
  const waiting = sink.write(sinkDelivery(key, 2, 'b'));
  stop.abort();
  await aborted;
  expect(control.writes).toEqual([]);
  release();
  await waiting;
  expect(control.writes.map(({ generation }) => generation)).toEqual([2]);
});
