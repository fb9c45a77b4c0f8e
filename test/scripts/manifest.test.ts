import { expect, test } from 'vitest';
import { readManifest } from '../support/package.js';

const exact = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

test('Temporal’s packages are peers, tested in one version, and never dependencies of ours', async () => {
  const { dependencies, devDependencies, peerDependencies } = await readManifest();
  expect(Object.keys(dependencies).filter((name) => name.startsWith('@temporalio/'))).toEqual([]);
  const peers = Object.keys(peerDependencies).filter((name) => name.startsWith('@temporalio/'));
  expect(peers).toEqual(expect.arrayContaining(['@temporalio/client', '@temporalio/worker', '@temporalio/workflow']));
  for (const name of peers) expect(peerDependencies[name]).toBe(`^${devDependencies[name]}`);
});

test('every dependency is one exact version, so that what was tested is what is installed', async () => {
  const { dependencies, devDependencies } = await readManifest();
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !exact.test(version));
  expect(loose).toEqual([]);
});

test('npm pack of a clone builds first: it would pack a README and no program', async () => {
  const { scripts } = await readManifest();
  expect(scripts['prepack']).toBe('npm run --silent build');
});

test('no script runs where the package is installed', async () => {
  const { scripts } = await readManifest();
  expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([]);
});
