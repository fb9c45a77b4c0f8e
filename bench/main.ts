import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Runtime } from '@temporalio/worker';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild } from '../src/server/child.js';
import { startDevServer } from '../src/server/dev-server.js';
import { choosePort } from '../src/server/free-port.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { measureHotToken } from './hot-token.js';
import { renderReport, type Results } from './report.js';
import { realTtlMs, runScenario, type Arena, type Figures, type Kind, type Load } from './scenario.js';
import { runStorm } from './storm.js';

const clientSecret = 'bench-client-secret';
const quick = process.argv.includes('--quick');

/** Runs every comparison in one go, on one server, and writes docs/performance.md. */
async function main(): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const folder = await mkdtemp(join(tmpdir(), 'tokenkeeper-bench-'));
  const stops: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const arena = await openArena(folder, stops);
    const results = await measureAll(arena);
    const report = renderReport(results);
    console.log(report);
    if (!quick) await writeFile(resolve('docs/performance.md'), report);
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

async function openArena(folder: string, stops: (() => Promise<void>)[]): Promise<Arena> {
  const server = await startDevServer({
    cacheDir: resolve('.tokenkeeper/servers'),
    logFile: join(folder, 'temporal.log'),
    ui: false,
    port: await choosePort({ title: 'Temporal', from: 7333 }),
  });
  stops.push(() => server.stop());
  const secretFile = join(folder, 'client-secret');
  await writeFile(secretFile, clientSecret, { mode: 0o600 });
  const port = await choosePort({ title: 'provider', from: 9500 });
  const main = fileURLToPath(new URL('../demo/provider/main.js', import.meta.url));
  const args = [main, `--port=${port}`, `--ttl=${realTtlMs / 1000}`, `--client-secret-file=${secretFile}`];
  const provider = await startChild(process.execPath, {
    args,
    env: process.env,
    logFile: join(folder, 'provider.log'),
  });
  stops.push(() => provider.stop(5_000));
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./workflows/index.js', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  const bundle = join(folder, 'workflows.cjs');
  await writeFile(bundle, code);
  const connection = await Connection.connect({ address: server.address });
  stops.push(() => connection.close());
  return {
    client: new Client({ connection }),
    serverPid: server.pid,
    address: server.address,
    bundle,
    folder,
    provider: `http://127.0.0.1:${port}`,
    clientSecret,
  };
}

async function measureAll(arena: Arena): Promise<Results> {
  const windowMs = quick ? 14_000 : 20_000;
  const calm: Load = { tokens: 60, periodMs: 6_000, windowMs };
  const flatOut: Load = { tokens: quick ? 400 : 600, periodMs: 5_000, windowMs };
  const realCalm: Load = { tokens: 24, periodMs: 6_000, windowMs };
  const realFlatOut: Load = { tokens: quick ? 150 : 250, periodMs: 5_000, windowMs };
  return {
    calm: await compare(arena, ['bare', 'memory'], calm),
    flatOut: await compare(arena, ['bare', 'memory'], flatOut),
    forced: await compare(arena, ['bare', 'memory'], { ...calm, forced: true }),
    unlisted: await scenario(arena, 'memory', { ...calm, unlisted: true }),
    failing: await scenario(arena, 'memory', { ...calm, failing: true }),
    revoking: await scenario(arena, 'memory', { ...calm, revoke: true }),
    realCalm: await compare(arena, ['hand', 'real'], realCalm),
    realFlatOut: await compare(arena, ['hand', 'real'], realFlatOut),
    storm: {
      tokens: quick ? 400 : 2_000,
      bare: await runStorm(arena, 'bare', quick ? 400 : 2_000),
      ours: await runStorm(arena, 'memory', quick ? 400 : 2_000),
    },
    hot: await measureHotToken(),
    loads: { calm, flatOut, realCalm, realFlatOut },
  };
}

async function compare(
  arena: Arena,
  kinds: readonly [Kind, Kind],
  load: Load,
): Promise<{ base: Figures; ours: Figures }> {
  const base = await scenario(arena, kinds[0], load);
  return { base, ours: await scenario(arena, kinds[1], load) };
}

async function scenario(arena: Arena, kind: Kind, load: Load): Promise<Figures> {
  process.stderr.write(`${kind}: ${load.tokens} tokens every ${load.periodMs / 1000} s … `);
  for (const folder of ['one', 'two']) await mkdir(join(arena.folder, folder), { recursive: true });
  const figures = await runScenario(arena, kind, load);
  process.stderr.write(`${figures.rotationsPerS.toFixed(1)} rotations/s\n`);
  await sleep(2_000);
  return figures;
}

await main();
