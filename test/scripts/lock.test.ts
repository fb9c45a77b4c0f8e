import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectDir } from '../support/temporal-paths.js';

interface LockedPackage {
  readonly optionalDependencies?: Record<string, string>;
}

test('the lock file holds the native packages of every platform, so that npm ci works on each (else: npm run lock)', async () => {
  const lock = JSON.parse(await readFile(join(projectDir, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const wanted = Object.values(lock.packages).flatMap((locked) => Object.keys(locked.optionalDependencies ?? {}));
  expect(wanted.filter((name) => !(`node_modules/${name}` in lock.packages))).toEqual([]);
});

test('the lock file names no registry', async () => {
  expect(await readFile(join(projectDir, 'package-lock.json'), 'utf8')).not.toContain('"resolved"');
});
