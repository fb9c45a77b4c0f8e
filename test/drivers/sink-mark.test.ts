import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { dotenv } from '../../src/sinks/dotenv.js';
import { file } from '../../src/sinks/file.js';
import { readUnlocked, markBefore, recognise, wasTold, type SlotView, type Mark } from '../../src/sinks/mark.js';
import { testFingerprint } from '../contracts/fingerprint.js';
import { noteSyncs } from '../support/note-syncs.js';
import { Folder, openSink, sinkDelivery, sinkDeps, sinkRequest } from '../support/sink-files.js';

const known = { generation: 2, fingerprint: 'b' };
const foreign = (found: string): SlotView => ({ found, mark: null, known: null });
const ours: SlotView = { found: 'b', mark: null, known };

/** What is seen at last, and how many readings it took. */
async function seen(...views: readonly SlotView[]): Promise<{ found: string | null; readings: number }> {
  const left = [...views];
  const { found } = await readUnlocked(async () => left.shift()!);
  return { found, readings: views.length - left.length };
}

test.each([
  ['nothing', [{ found: null, mark: null, known: null }], null, 1],
  ['ours', [ours], 'b', 1],
  ['ours, which a writer between two reads made look foreign', [foreign('a'), ours], 'b', 2],
  ['foreign, twice the same', [foreign('a'), foreign('a')], 'a', 2],
  ['foreign, another one each time', ['a', 'c', 'd', 'e', 'f'].map(foreign), 'f', 5],
] satisfies [string, SlotView[], string | null, number][])(
  'without the lock it is seen: %s',
  async (_what, views, found, count) => {
    expect(await seen(...views, foreign('never'))).toEqual({ found, readings: count });
  },
);

test('the mark keeps a few values, the one that stands among them, however often another could not be written', () => {
  const next = (generation: number) => ({ generation, fingerprint: `f${generation}` });
  const standing = next(1);
  let mark: Mark = { slot: '', key: 'a/b', values: [standing], told: null };
  for (let generation = 2; generation <= 20; generation++) {
    mark = markBefore({ mark, known: standing }, { slot: '', key: 'a/b', next: next(generation) });
  }
  expect(mark.values).toEqual([20, 1, 19, 18, 17].map(next));
  expect(recognise(mark, 'a/b', 'f1')).toEqual(standing);
  const ofAnother = markBefore({ mark, known: null }, { slot: '', key: 'a/c', next: next(1) });
  expect(ofAnother.values).toEqual([next(1)]);
});

test('a generation that was counted anew is another value: marked as ours, and its consumer was not told of it', async () => {
  await using folder = await Folder.make();
  const sink = await openSink(file, { root: '.' }, sinkDeps(folder.path));
  await sink.write(sinkDelivery('a/b', 1, 'of a token that was forgotten'));
  await sink.write(sinkDelivery('a/b', 1, 'of the one kept anew'));
  expect(await sink.read(sinkRequest('a/b'))).toMatchObject({ found: 'value', ours: true, generation: 1 });
  const told = { generation: 1, fingerprint: 'old', by: 'reload' };
  const mark: Mark = { slot: '', key: 'a/b', values: [], told };
  expect([told, { ...told, fingerprint: 'new' }].map((next) => wasTold(mark, next, 'reload'))).toEqual([true, false]);
});

test('a removal leaves the mark of another token, whose file is gone for now', async () => {
  await using folder = await Folder.make();
  const sink = await openSink(file, { root: '.' }, sinkDeps(folder.path));
  const where = { path: 'shared' };
  await sink.write(sinkDelivery('a/b', 1, 'value', where));
  await rm(folder.at('shared'));
  await sink.remove(sinkRequest('a/c', where));
  await writeFile(folder.at('shared'), 'value');
  expect(await sink.read(sinkRequest('a/b', where))).toMatchObject({ ours: true });
});

test('a removal of a file that is gone takes the mark along', async () => {
  await using folder = await Folder.make();
  const sink = await openSink(file, { root: '.' }, sinkDeps(folder.path));
  await sink.write(sinkDelivery('a/b', 1, 'value'));
  await rm(folder.at('a/b'));
  await sink.remove(sinkRequest('a/b'));
  expect(await folder.names()).toEqual([]);
});

test('a removal leaves the mark where somebody put another value: a copy of ours that is put back is known', async () => {
  await using folder = await Folder.make();
  const sink = await openSink(file, { root: '.' }, sinkDeps(folder.path));
  await sink.write(sinkDelivery('a/b', 1, 'value'));
  await writeFile(folder.at('a/b'), 'of an editor');
  await sink.remove(sinkRequest('a/b'));
  expect(await sink.read(sinkRequest('a/b'))).toMatchObject({ ours: false });
  await writeFile(folder.at('a/b'), 'value');
  expect(await sink.read(sinkRequest('a/b'))).toMatchObject({ ours: true, generation: 1 });
});

test('a value that an editor gave a line end is no value of ours: its consumer would read that, too', async () => {
  await using folder = await Folder.make();
  const sink = await openSink(file, { root: '.' }, sinkDeps(folder.path));
  await sink.write(sinkDelivery('a/b', 1, 'value'));
  appendFileSync(folder.at('a/b'), '\n');
  expect(await sink.read(sinkRequest('a/b'))).toMatchObject({ found: 'value', ours: false, generation: null });
});

test('a removal that fails leaves the mark: what stands there is still to be removed', async () => {
  await using folder = await Folder.make();
  const sink = await openSink(dotenv, { path: '.env' }, sinkDeps(folder.path));
  await sink.write(sinkDelivery('a/b', 1, 'value'));
  const fingerprint = (text: string): string => {
    // An editor without our lock writes it after it was read.
    appendFileSync(folder.at('.env'), 'MORE=1\n');
    return testFingerprint(text);
  };
  await expect(sink.remove(sinkRequest('a/b', {}, { fingerprint }))).rejects.toMatchObject({ code: 'SinkUnavailable' });
  expect(await sink.read(sinkRequest('a/b'))).toMatchObject({ ours: true, generation: 1 });
  await sink.remove(sinkRequest('a/b'));
  expect(await sink.read(sinkRequest('a/b'))).toEqual({ found: 'nothing' });
});

test.each(['read', 'check'] as const)(
  'a %s between whose looks at value and mark both are removed does not call the value foreign',
  async (name) => {
    await using folder = await Folder.make();
    const sink = await openSink(file, { root: '.' }, sinkDeps(folder.path));
    await sink.write(sinkDelivery('a/b', 1, 'value'));
    const request = sinkRequest('a/b');
    let isFirst = true;
    // Asked for once the value was read.
    const fingerprint = (value: string): string => {
      if (isFirst) rmSync(folder.at('a'), { recursive: true });
      if (isFirst) mkdirSync(folder.at('a'));
      isFirst = false;
      return request.fingerprint(value);
    };
    const answer = await sink[name]({ ...request, fingerprint });
    expect(answer).toEqual(name === 'read' ? { found: 'nothing' } : undefined);
  },
);

test('what is called off while it looks leaves value and mark', async () => {
  await using folder = await Folder.make();
  const sink = await openSink(file, { root: '.' }, sinkDeps(folder.path));
  await sink.write(sinkDelivery('a/b', 1, 'value'));
  const before = await folder.snapshot();
  const calledOff = () => {
    const stop = new AbortController();
    const fingerprint = (text: string): string => {
      stop.abort();
      return testFingerprint(text);
    };
    return { fingerprint, signal: stop.signal };
  };
  const cancelled = { code: 'Cancelled' };
  await expect(sink.remove(sinkRequest('a/b', {}, calledOff()))).rejects.toMatchObject(cancelled);
  await expect(sink.write(sinkDelivery('a/b', 2, 'next', {}, calledOff()))).rejects.toMatchObject(cancelled);
  expect(await folder.snapshot()).toEqual(before);
});

test('a value that stands there already is delivered no sooner than the disk has its new mark', async () => {
  await using folder = await Folder.make();
  const sink = await openSink(file, { root: '.' }, sinkDeps(folder.path));
  await sink.write(sinkDelivery('a/b', 1, 'value'));
  const order: string[] = [];
  await noteSyncs(folder.path, order);
  await sink.write(sinkDelivery('a/b', 2, 'value'));
  expect(order).toEqual(['sync file', 'sync folder']);
});
