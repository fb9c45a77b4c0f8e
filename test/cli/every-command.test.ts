import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program.js';

/** Where each command is run against the real server and real vaults; `demo` is what `npm start` runs. */
const testedIn: Readonly<Record<string, string>> = {
  up: 'long/cli-process.test.ts',
  worker: 'long/cli-process.test.ts',
  upgrade: 'cli/upgrade.test.ts',
  demo: 'long/e2e-demo.test.ts',
  init: 'cli/questions.test.ts',
  doctor: 'cli/plan.test.ts',
  schema: 'cli/schema.test.ts',
  completion: 'cli/offline.test.ts',
  plan: 'cli/plan.test.ts',
  apply: 'cli/apply.test.ts',
  import: 'cli/import-set.test.ts',
  list: 'cli/see.test.ts',
  status: 'cli/see.test.ts',
  history: 'cli/see.test.ts',
  exec: 'cli/values.test.ts',
  get: 'cli/values.test.ts',
  rotate: 'cli/change.test.ts',
  pause: 'cli/change.test.ts',
  resume: 'cli/change.test.ts',
  deliver: 'cli/change.test.ts',
  acknowledge: 'cli/change.test.ts',
  reauthorize: 'cli/change.test.ts',
  revoke: 'cli/change.test.ts',
  forget: 'cli/change.test.ts',
  eject: 'cli/change.test.ts',
  'vault init': 'cli/offline.test.ts',
  'vault check': 'cli/offline.test.ts',
  'vault rekey': 'cli/offline.test.ts',
  'vault backup': 'cli/offline.test.ts',
  'vault restore': 'cli/offline.test.ts',
};

function namesOf(command: Command, before = ''): string[] {
  return command.commands.flatMap((child) => {
    const name = `${before}${child.name()}`;
    return child.commands.length > 0 ? namesOf(child, `${name} `) : [name];
  });
}

describe('every command of the program', () => {
  const names = namesOf(buildProgram(() => async () => {}));

  it('has a row here, and no row is left over', () => {
    expect(Object.keys(testedIn).toSorted()).toEqual(names.toSorted());
  });

  it.each(names.filter((name) => name !== 'demo'))('%s is run by the test that its row names', (name) => {
    const text = readFileSync(fileURLToPath(new URL(`../${testedIn[name] ?? ''}`, import.meta.url)), 'utf8');
    // As arguments: ['vault', 'rekey'].
    const call = new RegExp(
      `['(\\[]\\s*${name
        .split(' ')
        .map((word) => `'${word}'`)
        .join(',\\s*')}`,
    );
    expect(text).toMatch(call);
  });
});
