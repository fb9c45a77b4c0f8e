import { createRequire } from 'node:module';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { installOnce, readManifest, run, type Outcome, type RunOptions } from '../support/package.js';
import { uniqueName } from '../support/temporal.js';

let folder: string;
const node = process.execPath;

/** A command of the installed packages; npx fetches nothing, and takes nothing after `--` for itself. */
function npx(command: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return run(folder, 'npx', ['--no', '--', ...command], options);
}

const keptInMemory = {
  version: 1,
  vaults: { local: { driver: 'embedded' } },
  issuers: { idp: { driver: 'example' } },
  sinks: { files: { driver: 'file', root: 'run' } },
  tokens: { 'dev/esm': { issuer: 'idp', sinks: ['files'] }, 'dev/cjs': { issuer: 'idp', sinks: ['files'] } },
};

function temporal(): Record<string, string> {
  const { address, namespace } = inject('temporal');
  return { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
}

beforeAll(async () => {
  folder = await installOnce();
  await npx(['tokenkeeper', 'init', '--yes']);
  await writeFile(join(folder, 'tokens.yaml'), JSON.stringify(keptInMemory));
}, 600_000);

describe('in an empty project', () => {
  test('npx tokenkeeper says its version and its help', async () => {
    const { version } = await readManifest();
    expect((await npx(['tokenkeeper', '--version'])).output.trim()).toBe(version);
    expect((await npx(['tokenkeeper', '--help'])).stdout).toContain('Usage: tokenkeeper');
  });

  test('npx tokenkeeper plan reads a configuration and asks the server: two tokens to add', async () => {
    const plan = ['tokenkeeper', 'plan', '--detailed-exitcode'];
    const { stdout } = await npx(plan, { env: temporal(), codes: [2] });
    expect(stdout).toMatch(/^\+ dev\/cjs +new/m);
    expect(stdout).toContain('2 add');
  });

  test.each([
    ['keep.mjs', 'dev/esm'],
    ['keep.cjs', 'dev/cjs'],
  ])('%s: a worker with the plugin keeps a token, delivers it, and an activity uses it', async (file, key) => {
    const { stdout } = await run(folder, node, [file, key, uniqueName('package')], { env: temporal() });
    expect(stdout).toContain('started\ngeneration 1\n');
    expect((await stat(join(folder, 'run', key))).mode & 0o777).toBe(0o600);
  });

  test('vitest runs the contract suites of drivers', async () => {
    const { output } = await npx(['vitest', 'run', 'acme.test.mjs'], { env: { CI: 'true' } });
    expect(output).toMatch(/Tests +\d{2,} passed \(\d+\)/);
  });

  test.each([
    [
      'ESM',
      [
        '--input-type=module',
        '--eval',
        "import schema from 'temporal-tokenkeeper/tokens.schema.json' with { type: 'json' }; console.log(schema.$schema)",
      ],
    ],
    [
      'CommonJS',
      ['--input-type=commonjs', '--eval', "console.log(require('temporal-tokenkeeper/tokens.schema.json').$schema)"],
    ],
  ])('%s finds the schema of tokens.yaml', async (_, args) => {
    expect((await run(folder, node, args)).stdout).toContain('json-schema.org');
  });

  test('what is not exported is not to be had', () => {
    const require = createRequire(join(folder, 'index.js'));
    expect(() => require.resolve('temporal-tokenkeeper/dist/src/core/lifecycle/decide.js')).toThrow(
      'is not defined by "exports"',
    );
  });

  test.each([
    ['node16: import, and import() from CommonJS', 'node16', ['types.mts', 'types-import.cts']],
    ['nodenext: import, and require from CommonJS', 'nodenext', ['types.mts', 'types-require.cts']],
    ['a bundler', 'bundler', ['types.mts']],
  ])('types resolve, and our declarations are sound, with %s', async (_, moduleResolution, sources) => {
    const module = moduleResolution === 'bundler' ? 'esnext' : moduleResolution;
    const settings = { module, moduleResolution, target: 'es2022', strict: true, noEmit: true, types: ['node'] };
    // Not skipLibCheck, which would skip ours too. Temporal's own declarations lack the types of `ms`.
    const config = { compilerOptions: { ...settings, skipLibCheck: false }, files: sources };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const { stdout } = await npx(['tsc', '-p', '.', '--pretty', 'false'], { codes: [0, 1, 2] });
    const errors = stdout.split('\n').filter((line) => /^\S/.test(line));
    expect(errors.filter((line) => !line.startsWith('node_modules/@temporalio/'))).toEqual([]);
  });

  test('a project that writes declarations can name every type that it gets', async () => {
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2022',
      strict: true,
      declaration: true,
      outDir: 'declared',
      skipLibCheck: true,
      types: ['node'],
    };
    const files = ['declarations.mts', 'declarations-client.mts'];
    await writeFile(join(folder, 'tsconfig.declared.json'), JSON.stringify({ compilerOptions, files }));
    const { stdout } = await npx(['tsc', '-p', 'tsconfig.declared.json', '--pretty', 'false'], { codes: [0, 1, 2] });
    expect(stdout).toBe('');
  });
});
