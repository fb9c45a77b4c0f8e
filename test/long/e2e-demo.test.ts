import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import { connectClient } from '../../src/connect.js';
import { defaultSearchAttributePrefix } from '../../src/core/names.js';
import { DemoFolder, type DemoRun } from '../support/e2e-demo.js';
import { SecretScan } from '../support/secret-scan.js';
import { waitFor } from '../support/wait-for.js';

let folder: DemoFolder;
let run: DemoRun | null = null;

beforeAll(async () => {
  folder = await DemoFolder.build();
}, 400_000);

afterEach(() => {
  run?.killAll();
  run = null;
});

afterAll(async () => {
  // Unset where the build failed.
  await (folder as DemoFolder | undefined)?.remove();
});

/** Generations by key, from the demo's own Temporal. */
async function generations({ output }: DemoRun): Promise<Record<string, number>> {
  const address = /✓ Temporal (\S+)/.exec(output)?.[1];
  const connected = await connectClient({ address, env: {} });
  const client = new TokenKeeperClient({ client: connected.client, searchAttributes: defaultSearchAttributePrefix });
  const rows = await client.list();
  await connected.close();
  return Object.fromEntries(rows.map(({ key, generation }) => [key, generation ?? 0]));
}

async function start(terminal: boolean, by?: 'npm'): Promise<DemoRun> {
  run = folder.start({ terminal, by });
  const [, seconds] = await run.says(/ready in (\d+) s/, 180_000).catch(async (error: Error) => {
    const { 'worker.log': log = '' } = await folder.logs();
    throw new Error(`${error.message}; the worker said: ${log.slice(-4_000)}`);
  });
  expect(Number(seconds)).toBeLessThan(60);
  return run;
}

async function expectNothingLeft(): Promise<void> {
  await waitFor(() => folder.processes(), { limitMs: 60_000, until: (left) => left.length === 0 });
}

describe('npm start', () => {
  it('without a terminal says the counts of both jobs; the kept one never fails, and a second start goes on, alone, until Temporal ends', async () => {
    // A signal reaches npm alone, which hands it to a shell.
    const first = await start(false, 'npm');
    // 60 s is what a pasted token lives.
    await first.says(/pasted token: \d+ ok, [1-9]\d* failed/, 120_000);
    const before = await generations(first);
    expect(before).toMatchObject({ 'staging/billing-api': expect.any(Number), 'production/npm-publish': 1 });
    expect(await first.stop('SIGTERM')).toBe('0');
    const [, ok, failed] = [...first.output.matchAll(/kept by tokenkeeper: (\d+) ok, (\d+) failed/g)].at(-1) ?? [];
    expect(Number(ok)).toBeGreaterThan(30);
    expect(failed).toBe('0');
    await expectNothingLeft();

    const second = await start(false);
    const after = await generations(second);
    for (const [key, generation] of Object.entries(before)) expect(after[key], key).toBeGreaterThanOrEqual(generation);
    await second.says(/kept by tokenkeeper: \d+ ok, 0 failed/, 60_000);
    // The build did, once.
    expect((await folder.logs())['worker.log']).not.toContain('Workflow bundle created');
    expect(second.output).not.toMatch(/kept by tokenkeeper: \d+ ok, [1-9]/);

    // A third one beside it leaves it alone.
    const third = folder.start({ terminal: false });
    expect(await third.stop(null)).toBe('1');
    const [, pid] = /process (\d+) runs Temporal on /.exec(third.output) ?? [];
    expect(await generations(second)).toMatchObject({ 'production/npm-publish': 1 });
    expect(await readFile(join(folder.path, '.tokenkeeper/server.json'), 'utf8')).toContain('127.0.0.1');
    // Without Temporal there is nothing left to show.
    process.kill(Number(pid), 'SIGKILL');
    expect(await second.stop(null)).toBe('1');
    expect(second.output).toMatch(/Temporal has ended: SIGKILL/);
    expect(second.output).not.toMatch(/^ +at /m);
    await expectNothingLeft();
  }, 900_000);

  it('keeps its job alive through r, x and k in every order', async () => {
    const demo = await start(true);
    const lines = { r: /rotation asked for/, x: /REVOKED AT THE PROVIDER/, k: /kill -9/ };
    await waitFor(() => demo.jobOnScreen('kept by tokenkeeper').ok >= 2, { limitMs: 60_000 });
    for (const order of ['rxk', 'rkx', 'xrk', 'xkr', 'krx', 'kxr', 'kk', 'xx', 'rr', 'kxkrx']) {
      const revoked = demo.events(lines.x);
      for (const key of order) demo.press(key);
      if (order.includes('x')) await waitFor(() => demo.events(lines.x) > revoked, { limitMs: 90_000 });
      const { ok } = demo.jobOnScreen('kept by tokenkeeper');
      await waitFor(() => demo.jobOnScreen('kept by tokenkeeper'), { limitMs: 60_000, until: (job) => job.ok > ok });
      const { failed } = demo.jobOnScreen('kept by tokenkeeper');
      expect(failed, `after ${order}: ${demo.output.slice(-3_000)}`).toBe(0);
    }
    expect(demo.events(lines.k)).toBeGreaterThan(0);
    expect(demo.events(lines.r)).toBeGreaterThan(0);
    demo.press('q');
    expect(await demo.stop(null)).toBe('0');
    expect(demo.output).toMatch(/kept by tokenkeeper: \d+ ok, 0 failed/);
    await expectNothingLeft();
  }, 1_200_000);

  it('ends in order while it still starts, and where its terminal is closed', async () => {
    // The command shows the demo of its clone, wherever it is called.
    run = folder.start({ terminal: false, by: 'command' });
    await run.says(/state in/, 60_000);
    expect(await run.stop('SIGINT')).toBe('130');
    expect(run.output).toContain('stopping …');
    expect(run.output).not.toContain('ready in');
    await expectNothingLeft();

    const demo = await start(true);
    await waitFor(() => demo.jobOnScreen('kept by tokenkeeper').ok >= 1, { limitMs: 60_000 });
    await demo.stop('SIGKILL');
    await expectNothingLeft();
    // Withdrawn by an orderly end only.
    expect(await readdir(join(folder.path, '.tokenkeeper'))).not.toContain('server.json');
  }, 600_000);

  it('told no secret to a screen or a log', async () => {
    const scan = new SecretScan();
    for (const name of ['client-secret', 'hook', 'crm-grant', 'vault.key']) {
      scan.addSecret(name, (await readFile(join(folder.path, '.tokenkeeper', name), 'utf8')).trim());
    }
    const files = ['staging/billing-api', 'production/crm-export', 'production/npm-publish'];
    for (const name of files) scan.addSecret(name, await readFile(join(folder.path, 'run', name), 'utf8'));
    const logs = Object.entries(await folder.logs());
    expect(logs.length).toBeGreaterThanOrEqual(3);
    for (const [name, text] of logs) scan.addText(name, text);
    expect(scan.find()).toEqual([]);
  });
});
