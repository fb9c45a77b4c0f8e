import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { startAcme, type Acme } from '../support/acme.js';
import { withProgram } from '../support/cli-process.js';
import { compileOnce } from '../support/e2e-compile.js';
import { exampleDriver } from '../support/example-driver.js';
import { uniqueName } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const { folder, tokenkeeper, outcome } = withProgram();
let acme: Acme;
beforeEach(async () => {
  acme = await startAcme();
});
afterEach(() => acme.close());

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder(), path)), { recursive: true });
  await writeFile(join(folder(), path), text);
}

const declare = (drivers: readonly string[], sinks: readonly string[]): Promise<void> =>
  write(
    'tokens.yaml',
    JSON.stringify({
      version: 1,
      drivers,
      defaults: { grace: '1s' },
      vaults: { local: { driver: 'embedded' } },
      issuers: { acme: { driver: 'acme', url: acme.url, adminKey: '${file:acme.key}' } },
      sinks: {
        files: { driver: 'file', root: 'run' },
        ...(sinks.includes('ci') && { ci: { driver: 'acme-box', url: acme.url, apiKey: '${file:acme.key}' } }),
      },
      tokens: { 'dev/bot': { issuer: 'acme', project: 'ci', sinks } },
    }),
  );

it('a worker keeps a token by drivers that it loaded from a file and from a package, one of them while it ran', async () => {
  // What `npm install temporal-tokenkeeper` would put there.
  await write('node_modules/temporal-tokenkeeper/package.json', '{"type":"module","exports":"./index.js"}');
  const ours = pathToFileURL(join(await compileOnce(), 'src/index.js')).href;
  await write('node_modules/temporal-tokenkeeper/index.js', `export * from '${ours}';`);
  await write('drivers/acme.mjs', await exampleDriver('acme-issuer'));
  await write('acme.key', acme.adminKey);
  await declare(['./drivers/acme.mjs'], ['files']);
  const { address, namespace } = inject('temporal');
  const name = uniqueName('drivers');
  const here = ['--address', address, '--namespace', namespace, '--task-queue', name, '--prefix', name];
  expect(await outcome('vault', 'init')).toMatch(/=> 0$/);
  const worker = tokenkeeper(...here, 'worker');
  const says = (text: string): Promise<unknown> =>
    waitFor(() => worker.output().includes(text), { limitMs: 90_000, describe: () => worker.output().slice(-2_000) });
  await says('worker started');

  expect(await outcome(...here, 'apply', '--wait')).toMatch(/=> 0$/);
  const first = await readFile(join(folder(), 'run/dev/bot'), 'utf8');
  expect([acme.count(), acme.accepts(first)]).toEqual([1, true]);

  expect(await outcome(...here, 'rotate', 'dev/bot', '--wait')).toMatch(/=> 0$/);
  const second = await readFile(join(folder(), 'run/dev/bot'), 'utf8');
  expect([acme.count(), acme.accepts(second)]).toEqual([2, true]);
  await waitFor(() => acme.accepts(first), { limitMs: 90_000, until: (lives) => !lives, describe: 'the old value' });

  await write('node_modules/@acme/sink/package.json', '{"type":"module","exports":{"import":"./index.js"}}');
  await write('node_modules/@acme/sink/index.js', await exampleDriver('acme-sink'));
  await write('drivers/acme.mjs', `// newer\n${await exampleDriver('acme-issuer')}`);
  await declare(['./drivers/acme.mjs', '@acme/sink'], ['files', 'ci']);
  await says('configuration read again');
  expect(worker.output()).toContain('a module of drivers has changed: restart the worker');
  expect(await outcome(...here, 'apply', '--wait')).toMatch(/=> 0$/);
  expect(acme.boxes.get('dev/bot')).toMatchObject({ value: second, note: { key: 'dev/bot', generation: 2 } });
  expect(await outcome(...here, 'doctor')).toMatch(
    /✓ drivers \.\/drivers\/acme\.mjs: issuer acme\n✓ drivers @acme\/sink: sink acme-box\n[^]*✓ dev\/bot: issuer and 2 sinks are ready\n/,
  );

  for (const secret of [acme.adminKey, first, second]) expect(worker.output()).not.toContain(secret);
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toBe(0);
}, 480_000);
