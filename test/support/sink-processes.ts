import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { parse } from 'dotenv';
import { expect } from 'vitest';
import { lockPathOf } from '../../src/sinks/private-names.js';
import { lockStaleMs } from '../../src/sinks/file-lock.js';
import { completeValue } from './complete-value.js';
import { scriptArguments } from './script-arguments.js';
import { Folder } from './sink-files.js';

const key = 'production/crm-export';
const untouched = '# by hand\nOTHER="keep\nme"\n';

/** The generation of a complete value, or null for anything else. */
function generationOf(value: string | undefined): number | null {
  const generation = Number(/^g(\d+)\./.exec(value ?? '')?.[1]);
  return value === completeValue(generation) ? generation : null;
}

/** Lets several processes each write its own variable of one file this many times, and waits for them. */
export async function writeTogether(folder: string, keys: readonly string[], generations: number): Promise<void> {
  const run = promisify(execFile);
  await Promise.all(
    keys.map(async (each) => await run(process.execPath, await writer(folder, each, 'dotenv', 1, generations))),
  );
}

/** How many writes two sinks got through, and what killed writers left, over a number of kills. */
export interface KillReport {
  readonly kills: number;
  readonly written: number;
  readonly locksLeft: number;
  readonly temporariesLeft: number;
}

/** Repeatedly kills a writer to a file and a variable at random moments, and checks both after each kill. */
export async function killWriters(kills: number): Promise<KillReport> {
  await using folder = await Folder.make();
  await mkdir(folder.at('run'));
  await writeFile(folder.at('run/.env'), untouched);
  let [written, locksLeft, temporariesLeft] = [0, 0, 0];
  for (let kill = 0; kill < kills; kill += 1) {
    const acknowledged = await killOne(folder.path, written + 1, Math.random() * 60);
    written = Math.max(written, acknowledged);
    const found = await look(folder);
    for (const generation of found.generations) {
      // The acknowledged one, or the next one that was being written; 0: nothing yet.
      expect([written, written + 1], JSON.stringify(found)).toContain(generation);
    }
    locksLeft += found.locks.length;
    temporariesLeft += found.temporaries.length;
    written = Math.max(written, ...found.generations.map(Number));
    // As if a killed writer's lock had already become stale: no waiting here.
    const past = new Date(Date.now() - lockStaleMs - 1_000);
    for (const lock of found.locks) await utimes(lock, past, past);
  }
  await promisify(execFile)(process.execPath, await writer(folder.path, key, 'file,dotenv', written + 1, 1));
  expect(await look(folder)).toEqual({ generations: [written + 1, written + 1], locks: [], temporaries: [] });
  return { kills, written, locksLeft, temporariesLeft };
}

async function look(folder: Folder) {
  const plain = await readFile(folder.at('run', key), 'utf8').catch(() => undefined);
  const text = await readFile(folder.at('run/.env'), 'utf8');
  const { CRM_EXPORT, ...others } = parse(text);
  expect(text.startsWith(untouched)).toBe(true);
  expect(others).toEqual({ OTHER: 'keep\nme' });
  const generations = [plain, CRM_EXPORT].map((value) => (value === undefined ? 0 : generationOf(value)));
  const names = (await readdir(folder.path, { recursive: true })).map((name) => folder.at(name));
  const isLock = (path: string) => [folder.at('run', key), folder.at('run/.env')].map(lockPathOf).includes(path);
  return { generations, locks: names.filter(isLock), temporaries: names.filter((name) => name.endsWith('.tmp')) };
}

/** Kills a writer this long after its first write, and returns the last generation that it acknowledged. */
async function killOne(folder: string, first: number, afterMs: number): Promise<number> {
  const child = spawn(process.execPath, await writer(folder, key, 'file,dotenv', first, 0), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stderr: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk.toString()));
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  let acknowledged = 0;
  const firstLine = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      acknowledged = Number(line);
      resolve();
    });
  });
  const drained = once(lines, 'close');
  await Promise.race([firstLine, exit]);
  await delay(afterMs);
  const endedByItself = child.exitCode !== null;
  child.kill('SIGKILL');
  await Promise.all([exit, drained]);
  if (endedByItself) throw new Error(`the writer ended by itself: ${stderr.join('')}`);
  return acknowledged;
}

function writer(folder: string, of: string, sinks: string, first: number, count: number): Promise<string[]> {
  return scriptArguments('sink-writer.ts', folder, of, sinks, String(first), String(count));
}
