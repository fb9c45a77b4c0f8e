import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parse } from 'dotenv';
import { dotenv } from '../../src/sinks/dotenv.js';
import { variableOf } from '../../src/sinks/variable-of.js';
import { setName } from '../../src/sinks/dotenv-text.js';
import { file } from '../../src/sinks/file.js';
import { memory, memorySink } from '../../src/sinks/memory.js';
import { webhook } from '../../src/sinks/webhook.js';
import type { SinkSubject, SinkTraits } from '../contracts/sink.js';
import { blockWithFile, Folder, sinkDeps } from './sink-files.js';
import { Receiver, receiverSecret } from './sink-receiver.js';

interface Subject {
  readonly make: () => Promise<SinkSubject>;
  readonly traits?: SinkTraits;
}

/** How to make each driver's sink with its consumer, by the driver's name. */
export const sinkSubjects: Readonly<Record<string, Subject>> = {
  file: { make: makeFile },
  dotenv: { make: makeDotenv },
  webhook: { make: makeWebhook, traits: { writeOnly: true } },
  memory: { make: makeMemory },
};

async function makeFile(): Promise<SinkSubject> {
  const folder = await Folder.make();
  return {
    driver: file,
    connection: { root: 'run' },
    deps: sinkDeps(folder.path),
    held: (key) => orNull(readFile(folder.at('run', key), 'utf8')),
    snapshot: () => folder.snapshot(),
    async plant(key, value) {
      const path = folder.at('run', key);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, value);
    },
    breakIt: () => blockWithFile(folder.at('run')),
    close: () => folder[Symbol.asyncDispose](),
  };
}

async function makeDotenv(): Promise<SinkSubject> {
  const folder = await Folder.make();
  const path = folder.at('etc', '.env');
  const content = async () => (await orNull(readFile(path, 'utf8'))) ?? '';
  return {
    driver: dotenv,
    connection: { path: 'etc/.env' },
    deps: sinkDeps(folder.path),
    held: async (key) => parse(await content())[variableOf(key)] ?? null,
    snapshot: () => folder.snapshot(),
    async plant(key, value) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, setName(await content(), variableOf(key), value) ?? '');
    },
    breakIt: () => blockWithFile(folder.at('etc')),
    close: () => folder[Symbol.asyncDispose](),
  };
}

async function makeWebhook(): Promise<SinkSubject> {
  const receiver = await Receiver.start();
  return {
    driver: webhook,
    connection: { url: receiver.url, secret: receiverSecret },
    held: (key) => Promise.resolve(receiver.values.get(key) ?? null),
    snapshot: () => Promise.resolve(Object.fromEntries(receiver.values)),
    plant: () => Promise.reject(new Error('a webhook cannot be read back')),
    breakIt() {
      receiver.otherwise = { status: 503 };
      return Promise.resolve();
    },
    close: () => receiver.close(),
  };
}

function makeMemory(): Promise<SinkSubject> {
  const name = randomUUID();
  const sink = memorySink(name);
  return Promise.resolve({
    driver: memory,
    connection: { name },
    held: (key) => Promise.resolve(sink.held(key)?.reveal() ?? null),
    snapshot: () => Promise.resolve([...sink.slots].map(([slot, { value, owner }]) => [slot, value.reveal(), owner])),
    plant: (key, value) => Promise.resolve(sink.plant(key, value)),
    breakIt: () => Promise.resolve(void sink.failUntil()),
    close: () => Promise.resolve(sink.reset()),
  });
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch {
    return null;
  }
}
