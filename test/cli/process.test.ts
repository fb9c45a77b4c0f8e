import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { access, open, readFile, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, inject, it } from 'vitest';
import { startProgram } from '../../src/cli/exec/child.js';
import { HiddenSecrets } from '../../src/cli/exec/mask.js';
import { mainProgram, withProgram, type RunningProgram } from '../support/cli-process.js';
import { uniqueName } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';
import { ioOf } from '../support/io.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

const { folder, tokenkeeper, outcome } = withProgram();

it('the real program ends with 130 at Ctrl-C in the middle of something', async () => {
  const { address, namespace } = inject('temporal');
  const name = uniqueName('nobody');
  const waiting = tokenkeeper(
    '--address',
    address,
    '--namespace',
    namespace,
    '--task-queue',
    name,
    '--prefix',
    name,
    'apply',
    '--wait',
  );
  await waitFor(() => waiting.output().includes('1 started'), { limitMs: 120_000 });
  waiting.child.kill('SIGINT');
  expect(await waiting.ended).toBe(130);
}, 240_000);

it('a second Ctrl-C ends what is done to its end at the first one, as a backup whose key does not come', async () => {
  const script = 'if test -e hold; then : > asked; while test -e hold; do sleep 0.1; done; fi; printf %s "$0"';
  const vault = { driver: 'embedded', keyCommand: ['sh', '-c', script, 'k'.repeat(43)] };
  await writeFile(join(folder(), 'tokens.yaml'), JSON.stringify({ version: 1, vaults: { local: vault } }));
  expect(await outcome('vault', 'init')).toMatch(/=> 0$/);
  await writeFile(join(folder(), 'hold'), '');
  const { child, ended } = tokenkeeper('vault', 'backup', 'copy.db');
  const isAsked = () => readFile(join(folder(), 'asked'), 'utf8');
  await waitFor(isAsked, { limitMs: 60_000, until: (text) => text === '', describe: 'that the key is asked for' });
  // Two that come together would be one.
  const isOver = (): boolean => child.exitCode !== null || !child.kill('SIGINT');
  await waitFor(isOver, { limitMs: 60_000, everyMs: 200, describe: 'its end' });
  expect(await ended).toBe(130);
}, 240_000);

it('the real worker that is stopped while it waits for a Temporal that does not answer ends with 0', async () => {
  const temporal = await startTcpProxy(inject('temporal').address);
  try {
    await temporal.away('hang');
    const worker = tokenkeeper('--address', temporal.address, 'worker');
    await waitFor(() => temporal.connections > 0, { limitMs: 60_000 });
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect(worker.output()).toContain('worker stopped before it had started');
  } finally {
    await temporal.close();
  }
}, 120_000);

it('the real worker stops in order where its terminal ends, which its shell tells, too', async () => {
  const { address, namespace } = inject('temporal');
  const name = uniqueName('hung-up');
  const worker = tokenkeeper('--address', address, '--namespace', namespace, '--task-queue', name, 'worker');
  await waitFor(() => worker.output().includes('worker started'), { limitMs: 120_000 });
  worker.child.kill('SIGHUP');
  const hasStopped = (): boolean => worker.output().includes('"msg":"worker stopped"') || !worker.child.kill('SIGHUP');
  await waitFor(hasStopped, { limitMs: 60_000, everyMs: 50, describe: 'its end' });
  await worker.ended;
  expect(worker.output()).toContain('"msg":"worker stopped"');
}, 240_000);

it('the real worker outlives a write beyond the limit for files (RLIMIT_FSIZE): the write fails, and that is told', async () => {
  const { address, namespace } = inject('temporal');
  const name = uniqueName('nobody');
  const worker = tokenkeeper('--address', address, '--namespace', namespace, '--task-queue', name, 'worker');
  await waitFor(() => worker.output().includes('worker started'), { limitMs: 120_000 });
  worker.child.kill('SIGXFSZ');
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toBe(0);
  expect(worker.output()).toContain('worker stopped');
}, 240_000);

it('the real worker keeps tokens where its log cannot be written, as on a full disk', async () => {
  const { address, namespace } = inject('temporal');
  const name = uniqueName('unwritten');
  const at = ['--address', address, '--namespace', namespace, '--task-queue', name, '--prefix', name];
  expect(await outcome('vault', 'init')).toMatch(/=> 0$/);
  const full = await open('/dev/full', 'w');
  const env = { PATH: process.env['PATH'], HOME: folder() };
  const stdio = ['ignore', full.fd, 'pipe'] as const;
  const worker = spawn(process.execPath, [await mainProgram(), ...at, 'worker'], {
    cwd: folder(),
    env,
    stdio: [...stdio],
  });
  const ended = once(worker, 'close');
  let said = '';
  worker.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  try {
    const isTold = (): boolean => said === 'tokenkeeper: stdout cannot be written (ENOSPC)\n';
    await waitFor(isTold, { limitMs: 120_000, describe: 'that its log is lost' });
    const applied = outcome(...at, 'apply', '--wait');
    expect(await Promise.race([applied, ended.then(() => 'the worker has ended')])).toMatch(/all delivered\n=> 0$/);
    expect(isTold()).toBe(true);
  } finally {
    worker.kill('SIGTERM');
    await full.close();
  }
  // What it said is lost, all the same.
  expect(await ended).toEqual([1, null]);
}, 240_000);

it('the real program listens for no debugger at SIGUSR1: every local user could read values with it', async () => {
  const { address, namespace } = inject('temporal');
  const prefix = uniqueName('nobody');
  const watching = tokenkeeper('--address', address, '--namespace', namespace, '--prefix', prefix, 'list', '--watch');
  await waitFor(() => watching.output().includes('0 tokens'), { limitMs: 60_000 });
  watching.child.kill('SIGUSR1');
  watching.child.kill('SIGINT');
  expect(await watching.ended).toBe(0);
  expect(watching.output()).not.toMatch(/debugger/i);
}, 120_000);

it('the real program says that it could not write its result, and ends with 1', async () => {
  const full = await open('/dev/full', 'w');
  const argv = [await mainProgram(), 'schema'];
  const stdio = ['ignore', full.fd, 'pipe'] as const;
  const { status, stderr } = spawnSync(process.execPath, argv, { cwd: folder(), stdio: [...stdio], encoding: 'utf8' });
  await full.close();
  expect({ status, stderr }).toEqual({ status: 1, stderr: 'tokenkeeper: stdout cannot be written (ENOSPC)\n' });
}, 240_000);

/** A value in the vault, without Temporal. */
async function bringValue(): Promise<void> {
  expect(await tokenkeeper('vault', 'init').ended).toBe(0);
  const bringing = tokenkeeper('--address', '127.0.0.1:1', 'import', 'dev/one');
  bringing.child.stdin?.end('the-value');
  expect(await bringing.ended).toBe(0);
}

it('hands the signals of a terminal and of a supervisor on to a program of exec, and ends as that does', async () => {
  await bringValue();
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const) {
    const script = `trap 'echo got; exit 3' ${signal.slice(3)}; echo up; while :; do sleep 0.1; done`;
    const running = tokenkeeper('exec', '-t', 'dev/one', '--', 'sh', '-c', script);
    await waitFor(() => running.output().includes('up'), { limitMs: 60_000 });
    running.child.kill(signal);
    expect({ signal, code: await running.ended, said: running.output() }).toEqual({
      signal,
      code: 3,
      said: 'up\ngot\n',
    });
  }
}, 240_000);

it('a program of exec is waited for, and its exit code is ours, where what it says cannot be written', async () => {
  await bringValue();
  const full = await open('/dev/full', 'w');
  const script = 'echo said; sleep 1; echo again; echo > over; exit 3';
  const command = ['exec', '-t', 'dev/one', '--', 'sh', '-c', script];
  const argv = [await mainProgram(), ...command];
  const stdio = ['ignore', full.fd, 'pipe'] as const;
  const { status, stderr } = spawnSync(process.execPath, argv, {
    cwd: folder(),
    stdio: [...stdio],
    encoding: 'utf8',
    timeout: 200_000,
  });
  await full.close();
  expect({ status, stderr }).toEqual({ status: 3, stderr: 'tokenkeeper: stdout cannot be written (ENOSPC)\n' });
  await access(join(folder(), 'over'));
}, 240_000);

describe('the real program whose reader has gone', () => {
  const flags = (): string[] => {
    const { address, namespace } = inject('temporal');
    const name = uniqueName('unread');
    return ['--address', address, '--namespace', namespace, '--task-queue', name, '--prefix', name];
  };
  const unread = (...argv: readonly string[]): RunningProgram => {
    const running = tokenkeeper(...argv);
    running.child.stdout?.destroy();
    return running;
  };

  it('ends with what it found, not with 0', async () => {
    expect(await unread('--address', '127.0.0.1:1', 'doctor').ended).toBe(1);
  }, 240_000);

  it('goes on as a worker, and ends in order', async () => {
    const at = flags();
    expect(await outcome('vault', 'init')).toMatch(/=> 0$/);
    const worker = unread(...at, 'worker');
    expect(await outcome(...at, 'apply', '--wait')).toMatch(/all delivered\n=> 0$/);
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
  }, 240_000);

  it('watches for nobody', async () => {
    expect(await unread(...flags(), 'list', '--watch').ended).toBe(0);
  }, 240_000);
});

it('a program that is masked by exec learns that its reader has gone, as if it wrote there itself', async () => {
  const gone = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  const io = ioOf({ stdin: process.stdin, stdout: gone(), stderr: gone() });
  const { env } = process;
  const secrets = new HiddenSecrets(['secret']);
  const exitCode = await startProgram(io, { program: 'yes', args: [], env, secrets }).ended;
  expect([1, 128 + constants.signals.SIGPIPE]).toContain(exitCode);
}, 20_000);
