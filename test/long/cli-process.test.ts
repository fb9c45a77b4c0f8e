import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { withProgram } from '../support/cli-process.js';
import { uniqueName } from '../support/temporal.js';
import { unusedPort } from '../support/unused-port.js';
import { waitFor } from '../support/wait-for.js';

const { folder, outcome, tokenkeeper } = withProgram();

describe('the real program', () => {
  it('up runs all there is, other commands of the folder find it, and SIGTERM stops it in order', async () => {
    const [port, uiPort] = [await unusedPort(), await unusedPort()];
    const up = tokenkeeper('up', '--port', String(port), '--ui-port', String(uiPort));
    await waitFor(() => up.output(), { limitMs: 180_000, until: (text) => text.includes('Ctrl-C stops') });
    expect(up.output()).toContain(`✓ Temporal 127.0.0.1:${port}   Web UI http://127.0.0.1:${uiPort}\n`);
    expect(up.output()).toContain('+ dev/one  started → 1 sink\n');
    await waitFor(() => readFile(join(folder(), 'run/dev/one'), 'utf8'), { limitMs: 60_000 });
    expect(await outcome('status', 'dev/one')).toContain(
      `web ui          http://127.0.0.1:${uiPort}/namespaces/default/workflows/`,
    );
    const config = join(folder(), 'tokens.yaml');
    const text = await readFile(config, 'utf8');
    await writeFile(config, `${text}}`);
    await waitFor(() => up.output(), {
      limitMs: 60_000,
      until: (said) => /stays in force:\n.*tokens\.yaml:1:/.test(said),
    });
    await writeFile(config, text);
    await waitFor(() => up.output(), { limitMs: 60_000, until: (said) => said.includes('✓ configuration read again') });
    up.child.kill('SIGTERM');
    expect(await up.ended).toBe(0);
    expect(up.output()).toMatch(/stopping\n$/);
    await expect(readFile(join(folder(), '.tokenkeeper/server.json'))).rejects.toThrow('ENOENT');
    expect(await outcome('list', '--address', `127.0.0.1:${port}`)).toContain('(ServerUnavailable)');
    const { tokens, ...others } = JSON.parse(text) as { readonly tokens: object };
    await writeFile(
      config,
      JSON.stringify({ ...others, tokens: { ...tokens, 'dev/two': { issuer: 'manual', ownr: 'web' } } }),
    );
    const again = tokenkeeper('up', '--port', String(port), '--ui-port', String(uiPort));
    await waitFor(() => again.output(), { limitMs: 180_000, until: (said) => said.includes('Ctrl-C stops') });
    expect(again.output()).toMatch(
      /problems; nothing is applied, .*:\n\S*tokens\.yaml:1:\d+ tokens\.dev\/two\.ownr: unknown key ownr, did you mean owner\?/,
    );
    expect(await outcome('rotate', 'dev/one', '--wait')).toContain('dev/one gen 1 → 2');
    again.child.kill('SIGTERM');
    expect(await again.ended).toBe(0);
  }, 600_000);

  it('up ends with 1, and stops the rest, when the server dies under it', async () => {
    const [port, uiPort] = [await unusedPort(), await unusedPort()];
    const up = tokenkeeper('up', '--port', String(port), '--ui-port', String(uiPort));
    await waitFor(() => up.output(), { limitMs: 180_000, until: (text) => text.includes('Ctrl-C stops') });
    const children = spawnSync('pgrep', ['-P', String(up.child.pid), '-f', 'start-dev'], { encoding: 'utf8' });
    process.kill(Number(children.stdout.trim()), 'SIGKILL');
    expect(await up.ended).toBe(1);
    expect(up.output()).toContain(
      'tokenkeeper: Temporal has ended: SIGKILL (ServerUnavailable)\ndo: read the logs in ',
    );
  }, 400_000);

  it('up keeps tokens where its log cannot be written, as on a full disk', async () => {
    await mkdir(join(folder(), '.tokenkeeper/worker.log'), { recursive: true });
    const up = tokenkeeper('up', '--port', String(await unusedPort()), '--ui-port', String(await unusedPort()));
    await waitFor(() => readFile(join(folder(), 'run/dev/one'), 'utf8'), { limitMs: 180_000 });
    up.child.kill('SIGTERM');
    expect(await up.ended).toBe(0);
  }, 400_000);

  it('worker tells its log in JSON, keeps tokens, serves metrics, and SIGINT stops it in order', async () => {
    const { address, namespace } = inject('temporal');
    const name = uniqueName('worker');
    const flags = ['--address', address, '--namespace', namespace, '--task-queue', name, '--prefix', name];
    expect(await outcome('vault', 'init')).toMatch(/^made: vault .*=> 0$/s);
    const worker = tokenkeeper(...flags, 'worker', '--metrics', '0');
    await waitFor(() => worker.output(), { limitMs: 180_000, until: (text) => text.includes('worker started') });
    const lines = (): { msg: string; metricsUrl?: string }[] =>
      worker
        .output()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { msg: string });
    expect(await outcome(...flags, 'apply', '--wait')).toMatch(/all delivered\n=> 0$/);
    const url = lines().find(({ msg }) => msg === 'worker started')?.metricsUrl ?? '';
    // The metrics read the visibility store, which is a moment late.
    await waitFor(async () => (await fetch(url)).text(), {
      limitMs: 60_000,
      until: (text) => text.includes('tokenkeeper_token_ready_status{key="dev/one",'),
    });
    worker.child.kill('SIGINT');
    expect(await worker.ended).toBe(0);
    expect(lines().at(-1)?.msg).toBe('worker stopped');
  }, 400_000);
});
