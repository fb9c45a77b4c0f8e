import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { processIds, sessionField, statFields } from '../../src/common/processes.js';
import { startChild } from '../../src/server/child.js';
import { newFolder } from '../support/folder.js';
import { isRunning } from '../support/is-running.js';
import { waitFor } from '../support/wait-for.js';

const limitMs = 45_000;
let folder: string;
let logFile: string;
beforeEach(async () => {
  folder = await newFolder();
  logFile = join(folder, 'log');
});

/** The processes of a session: of a program, and of what watches over it. */
async function session(leader: number): Promise<string[]> {
  const pids = await processIds();
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return pids.filter((_, at) => statFields(stats[at] ?? '')[sessionField] === String(leader));
}

test('nothing watches over a program that has ended by itself: another process may have its pid by then', async () => {
  const go = join(folder, 'go');
  const code = `const look = setInterval(() => require('fs').existsSync('${go}') && clearInterval(look), 20)`;
  const child = await startChild(process.execPath, { args: ['-e', code], env: {}, logFile });
  await waitFor(async () => (await session(child.pid)).length > 1, { limitMs, describe: 'its watch' });
  await writeFile(go, '');
  expect(await child.ended).toBe('exit code 0');
  expect(child.kill()).toBe(false);
  await waitFor(async () => (await session(child.pid)).length === 0, { limitMs, describe: 'the end of its watch' });
});

test('a program that does not heed SIGTERM ends, too, where who started it is killed', async () => {
  const ready = join(folder, 'ready');
  const stubborn = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1_000); require('fs').writeFileSync('${ready}', '')`;
  const module = new URL('../../src/server/child.ts', import.meta.url).href;
  const options = { args: ['-e', stubborn], env: {}, logFile };
  const code = `import(${JSON.stringify(module)}).then((m) => m.startChild(process.execPath, ${JSON.stringify(options)})).then((c) => process.send(c.pid))`;
  const parent = spawn(process.execPath, ['--import', 'tsx', '-e', code], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [pid] = (await once(parent, 'message')) as [number];
  await waitFor(async () => (await readFile(ready, 'utf8')) === '', { limitMs, describe: 'the program' });
  parent.kill('SIGKILL');
  try {
    await waitFor(async () => !(await isRunning(pid)), { limitMs, describe: `the end of ${pid}` });
  } finally {
    if (await isRunning(pid)) process.kill(pid, 'SIGKILL');
  }
}, 120_000);
