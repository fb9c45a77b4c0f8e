import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { uniqueName } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const tsx = fileURLToPath(import.meta.resolve('tsx'));

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output(): string;
}

const started: Running[] = [];
let folder = '';

/** The real program, as a shell starts it. */
function tokenkeeper(...argv: readonly string[]): Running {
  const PATH = `${dirname(inject('servers').temporal)}${delimiter}${process.env['PATH'] ?? ''}`;
  const env = { PATH, HOME: folder, NO_COLOR: '1' };
  const child = spawn(process.execPath, ['--import', tsx, main, ...argv], {
    cwd: folder,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const running = { child, ended, output: () => output };
  started.push(running);
  return running;
}

async function outcome(...argv: readonly string[]): Promise<string> {
  const running = tokenkeeper(...argv);
  running.child.stdin?.end();
  const code = await running.ended;
  return `${running.output()}=> ${code}`;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-process-'));
  await mkdir(join(folder, 'run'));
  const config = {
    version: 1,
    vaults: { local: { driver: 'embedded' } },
    issuers: { idp: { driver: 'example' } },
    sinks: { files: { driver: 'file', root: 'run' } },
    tokens: { 'dev/one': { issuer: 'idp', sinks: ['files'] } },
  };
  await writeFile(join(folder, 'tokens.yaml'), JSON.stringify(config));
});
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
});

describe('the real program', () => {
  it('up runs all there is, other commands of the folder find it, and SIGTERM stops it in order', async () => {
    const [port, uiPort] = [await unusedPort(), await unusedPort()];
    const up = tokenkeeper('up', '--port', String(port), '--ui-port', String(uiPort));
    await waitFor(() => up.output(), { limitMs: 60_000, until: (text) => text.includes('Ctrl-C stops') });
    expect(up.output()).toContain(`✓ Temporal 127.0.0.1:${port}   Web UI http://127.0.0.1:${uiPort}\n`);
    expect(up.output()).toContain('+ dev/one  started → 1 sink\n');
    await waitFor(() => readFile(join(folder, 'run/dev/one'), 'utf8'), { limitMs: 20_000 });
    expect(await outcome('status', 'dev/one')).toContain(
      `web ui          http://127.0.0.1:${uiPort}/namespaces/default/workflows/`,
    );
    up.child.kill('SIGTERM');
    expect(await up.ended).toBe(0);
    expect(up.output()).toMatch(/stopping\n$/);
    await expect(readFile(join(folder, '.tokenkeeper/server.json'))).rejects.toThrow('ENOENT');
    expect(await outcome('list', '--address', `127.0.0.1:${port}`)).toContain('(ServerUnavailable)');
  }, 90_000);

  it('worker tells its log in JSON, keeps tokens, and SIGINT stops it in order', async () => {
    const { address, namespace } = inject('temporal');
    const name = uniqueName('worker');
    const flags = ['--address', address, '--namespace', namespace, '--task-queue', name, '--prefix', name];
    expect(await outcome('vault', 'init')).toMatch(/^made: vault .*=> 0$/s);
    const worker = tokenkeeper(...flags, 'worker');
    await waitFor(() => worker.output(), { limitMs: 60_000, until: (text) => text.includes('worker started') });
    expect(await outcome(...flags, 'apply', '--wait')).toMatch(/all delivered\n=> 0$/);
    worker.child.kill('SIGINT');
    expect(await worker.ended).toBe(0);
    const lines = worker
      .output()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string });
    expect(lines.at(-1)?.msg).toBe('worker stopped');
  }, 90_000);

  it('ends with 130 at Ctrl-C in the middle of something', async () => {
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
    await waitFor(() => waiting.output().includes('1 started'), { limitMs: 30_000 });
    waiting.child.kill('SIGINT');
    expect(await waiting.ended).toBe(130);
  }, 60_000);
});

function unusedPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
