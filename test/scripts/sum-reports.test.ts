import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { projectDir } from '../support/temporal-paths.js';

const folder = mkdtempSync(join(tmpdir(), 'sum-reports-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Result {
  readonly name: string;
  readonly status: 'passed' | 'failed';
  readonly message?: string;
  readonly assertionResults: readonly object[];
}

/** A report of vitest's JSON reporter, as far as it is read. */
function report(
  name: string,
  counts: { passed: number; failed?: number; pending?: number },
  results: Result[],
): string {
  const file = join(folder, name);
  const { passed, failed = 0, pending = 0 } = counts;
  const totals = { numPassedTests: passed, numFailedTests: failed, numPendingTests: pending, numTodoTests: 0 };
  writeFileSync(file, JSON.stringify({ ...totals, testResults: results }));
  return file;
}

function sum(failedSteps: number, ...files: string[]): { lines: string[]; status: number | null } {
  const script = join(projectDir, 'scripts/sum-reports.mjs');
  const { stdout, status } = spawnSync(process.execPath, [script, String(failedSteps), ...files], {
    cwd: projectDir,
    encoding: 'utf8',
  });
  return { lines: stdout.trimEnd().split('\n'), status };
}

const fine = report('fine.json', { passed: 3 }, []);

it('adds up what passed, alone on one line', () => {
  expect(sum(0, fine, fine)).toEqual({ lines: ['6 passed, 0 failed'], status: 0 });
});

it('names each failure once more: failed, skipped, and a file that did not load', () => {
  const name = join(projectDir, 'test/a.test.ts');
  const failed = { status: 'failed', fullName: 'x does y', failureMessages: ['\u001b[31mError: no\u001b[0m\n at z'] };
  const results: Result[] = [
    { name, status: 'failed', assertionResults: [failed, { status: 'pending', fullName: 'q' }] },
    { name: join(projectDir, 'test/b.test.ts'), status: 'failed', message: 'cannot load\nmore', assertionResults: [] },
  ];
  expect(sum(1, fine, report('bad.json', { passed: 1, failed: 1, pending: 1 }, results))).toEqual({
    lines: [
      'FAILED test/b.test.ts: cannot load',
      'FAILED test/a.test.ts > x does y: Error: no',
      'FAILED test/a.test.ts > q: pending',
      '4 passed, 3 failed',
    ],
    status: 1,
  });
});

it('counts a step that failed without a test, and a report that is missing', () => {
  expect(sum(2, fine)).toEqual({ lines: ['3 passed, 2 failed'], status: 1 });
  const missing = join(folder, 'missing.json');
  expect(sum(0, fine, missing)).toEqual({ lines: [`no report: ${missing}`, '3 passed, 1 failed'], status: 1 });
});
