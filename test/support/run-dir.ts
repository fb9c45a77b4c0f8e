import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder that lives as long as the run. */
    runDir: string;
  }
}

/** Makes a folder for what is made once per run, see `madeOnce`. @returns what removes it */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const runDir = await mkdtemp(join(tmpdir(), 'tokenkeeper-test-'));
  project.provide('runDir', runDir);
  return () => rm(runDir, { recursive: true, force: true });
}
