import { TestWorkflowEnvironment } from '@temporalio/testing';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, inject } from 'vitest';
import { quietRuntime } from './temporal-quiet.js';

/**
 * A time-skipping server for this test file alone (its clock is global to it, so tests that use it run one after the other).
 * It has no list, reset, schedules, cluster info; activities see the wall clock; an awaited update does not skip:
 * start it, `env.sleep(…)`, then ask for its result. See {@link clockOf} for the clock to give to activities.
 */
export function withTimeSkipping(): () => TestWorkflowEnvironment {
  let env: TestWorkflowEnvironment | null = null;
  beforeAll(async () => {
    quietRuntime();
    const path = await leashed(inject('servers').timeSkipping);
    env = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } });
  });
  afterAll(async () => {
    await env?.teardown();
  });
  return () => {
    if (env === null) throw new Error('only inside a test or a later hook');
    return env;
  };
}

/** The server's clock in Unix ms, in the shape that drivers and activities take it. */
export function clockOf(env: () => TestWorkflowEnvironment): () => Promise<number> {
  return () => env().currentTimeMs();
}

/** The SDK leaves its servers running when a test process is killed: this one checks for its parent every second. */
async function leashed(server: string): Promise<string> {
  const path = join(inject('runDir'), `time-skipping-${process.pid}.sh`);
  const script = `#!/bin/sh
parent=$PPID self=$$
( while kill -0 "$parent" && kill -0 "$self"; do sleep 1; done; kill "$self" ) </dev/null >/dev/null 2>&1 &
exec '${server.replaceAll("'", `'\\''`)}' "$@"
`;
  await writeFile(path, script);
  await chmod(path, 0o700);
  return path;
}
