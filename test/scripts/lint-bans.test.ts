import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectDir } from '../support/temporal-paths.js';

interface Row {
  readonly file: string;
  readonly code: string;
  /** The rule that must speak; null: none may. */
  readonly rule: string | null;
}

const banned = 'eslint(no-restricted-imports)';
const use = (from: string): string => `import * as it from '${from}';\nexport const that = it;\n`;
const useType = (from: string): string => `import type * as It from '${from}';\nexport type That = It.That;\n`;
const row = (file: string, code: string, rule: string | null): Row => ({ file, code, rule });

const rows: readonly Row[] = [
  row('src/core/a.ts', use('./b.js'), null),
  row('src/core/b.ts', use('node:crypto'), banned),
  row('src/core/c.ts', use('zod'), banned),
  row('src/core/d.ts', use('@temporalio/common'), banned),
  row('src/core/e.ts', useType('../drivers.js'), banned),
  row('src/core/f.ts', useType('./lifecycle/state.js'), banned),
  row('src/core/record/a.ts', use('../errors.js'), null),
  row('src/core/record/b.ts', useType('../lifecycle/state.js'), banned),
  row('src/core/record/c.ts', useType('../../drivers.js'), banned),
  row('src/core/record/d.ts', use('node:crypto'), banned),
  row('src/core/lifecycle/a.ts', use('../record/record.js'), null),
  row('src/core/lifecycle/b.ts', use('../errors.js'), null),
  row('src/core/lifecycle/c.ts', useType('../../drivers.js'), banned),
  row('src/core/lifecycle/d.ts', use('node:crypto'), banned),
  row('src/workflows/a.ts', use('../core/a.js'), null),
  row('src/workflows/h.ts', use('../core/lifecycle/a.js'), null),
  row('src/workflows/b.ts', use('@temporalio/workflow'), null),
  row('src/workflows/c.ts', useType('../activities/index.js'), null),
  row('src/workflows/d.ts', use('../activities/index.js'), banned),
  row('src/workflows/e.ts', use('node:fs'), banned),
  row('src/workflows/f.ts', use('@temporalio/client'), banned),
  row('src/workflows/g.ts', useType('../vaults/vault.js'), banned),
  row('src/issuers/a.ts', use('../core/a.js'), null),
  row('src/issuers/b.ts', use('../activities/index.js'), banned),
  row('src/vaults/a.ts', use('../config/a.js'), banned),
  row('src/sinks/a.ts', use('../workflows/a.js'), banned),
  row('src/sinks/b.ts', use('@temporalio/activity'), banned),
  row('src/sinks/c.ts', use('node:child_process'), banned),
  row('src/activities/a.ts', use('../cli/a.js'), banned),
  row('src/activities/b.ts', use('prom-client'), banned),
  row('src/metrics/a.ts', use('prom-client'), null),
  row('src/metrics/b.ts', use('../vaults/vault.js'), banned),
  row('src/metrics/c.ts', use('@temporalio/client'), banned),
  row('src/vaults/embedded/a.ts', use('../../config/a.js'), banned),
  row('src/vaults/sealed/b.ts', use('prom-client'), banned),
  row('src/vaults/b.ts', use('../sinks/private-names.js'), banned),
  row('src/vaults/embedded/c.ts', use('../sealed/keys.js'), null),
  row('src/activities/c.ts', use('../client/list.js'), banned),
  row('src/client/a.ts', use('../core/a.js'), null),
  row('src/client/b.ts', useType('../workflows/handlers.js'), null),
  row('src/client/c.ts', use('../workflows/handlers.js'), banned),
  row('src/client/d.ts', use('@temporalio/worker'), banned),
  row('src/client.ts', use('./config/load.js'), banned),
  row('src/runtime.ts', use('./vaults/vault.js'), banned),
  row('src/runtime/a.ts', use('../cli/a.js'), banned),
  row('src/worker/a.ts', use('../cli/a.js'), banned),
  row('src/worker.ts', `export { Runtime } from '@temporalio/worker';\n`, banned),
  row('src/plugin.ts', use('./cli/a.js'), banned),
  row('src/config/c.ts', useType('../activities/connections.js'), null),
  row('src/config/d.ts', use('../activities/connections.js'), banned),
  row('src/config/e.ts', useType('../client/list.js'), banned),
  row('src/config/f.ts', use('@temporalio/client'), banned),
  row('src/config/g.ts', use('../connections/connections.js'), banned),
  row('src/connections/a.ts', use('../config/config.js'), null),
  row('src/connections/b.ts', useType('../activities/connections.js'), null),
  row('src/connections/c.ts', use('../activities/index.js'), banned),
  row('src/connections/d.ts', use('../client/list.js'), banned),
  row('src/connections/e.ts', use('@temporalio/client'), banned),
  row('src/notifiers/a.ts', useType('../activities/connections.js'), null),
  row('src/notifiers/b.ts', use('../activities/index.js'), banned),
  row('src/notifiers/c.ts', use('../config/load.js'), banned),
  row('src/activities/d.ts', use('../connections/connections.js'), banned),
  row('src/server/b.ts', use('../core/errors.js'), null),
  row('src/server/c.ts', use('../config/load.js'), banned),
  row('src/config/a.ts', use('node:child_process'), banned),
  row('src/config/b.ts', use('prom-client'), banned),
  row('src/cli/a.ts', use('node:child_process'), null),
  row('src/server/a.ts', use('node:child_process'), null),
  row('src/y/a.ts', useType('./b.js'), 'import(no-cycle)'),
  row('src/y/b.ts', useType('./a.js'), 'import(no-cycle)'),
  row('src/z/a.ts', `async function f() {}\nexport function g() {\n  f();\n}\n`, 'typescript(no-floating-promises)'),
  row('src/z/b.ts', `export const f = () => [1].forEach(async () => {});\n`, 'typescript(no-misused-promises)'),
  row('src/z/c.ts', `export const f = (it: any) => it;\n`, 'typescript(no-explicit-any)'),
  row('src/z/d.ts', `// @ts-ignore\nexport const f = 1;\n`, 'typescript(ban-ts-comment)'),
];

let folder: string;
const said = new Map<string, string[]>();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tokenkeeper-lint-'));
  cpSync(join(projectDir, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { strict: true, target: 'ES2023' } }));
  for (const { file, code } of rows) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), code);
  }
  const bin = join(projectDir, 'node_modules', '.bin');
  // It looks for its linter with types there: npm and npx have set that, an editor that runs tests has not.
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` };
  const args = ['--type-aware', '--format', 'json', '.'];
  const { stdout } = spawnSync(join(bin, 'oxlint'), args, { cwd: folder, env, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { filename: string; code: string }[] };
  for (const { filename, code } of diagnostics) said.set(filename, [...(said.get(filename) ?? []), code]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(rows)('lint of $file says $rule', ({ file, rule }) => {
  expect(said.get(file) ?? []).toEqual(rule === null ? [] : [rule]);
});
