// sum-reports FAILED_STEPS REPORT…: adds up vitest's JSON reports and prints `N passed, N failed`.
// A step that failed without a failed test (lint, types, a crash) and a missing report count as one failure each.
// Each failure is listed again before the sum: the log above may be long, or cut.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const [failedSteps, ...files] = process.argv.slice(2);
let passed = 0;
let failed = 0;

/** `FAILED file > test: what was wrong`, in one line. */
function tell(file, name, message = '') {
  const line = stripVTControlCharacters(message).split('\n', 1)[0].slice(0, 300);
  console.log(`FAILED ${relative(process.cwd(), file)}${name && ` > ${name}`}${line && `: ${line}`}`);
}

for (const file of files) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    passed += report.numPassedTests;
    // A file that did not load has no failed test of its own; a skipped test is a test that did not pass.
    const broken = report.testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
    );
    failed += report.numFailedTests + report.numPendingTests + report.numTodoTests + broken.length;
    for (const { name, message } of broken) tell(name, '', message);
    for (const { name, assertionResults } of report.testResults) {
      for (const test of assertionResults) {
        if (test.status !== 'passed') tell(name, test.fullName, test.failureMessages?.[0] ?? test.status);
      }
    }
  } catch {
    console.log(`no report: ${file}`);
    failed += 1;
  }
}

if (Number(failedSteps) > 0 && failed === 0) failed = Number(failedSteps);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
