import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cliSpans } from '../../src/cli/spans.js';
import { formatDuration } from '../../src/core/duration.js';
import { timings } from '../../src/core/timings.js';
import { projectDir } from '../support/temporal-paths.js';
import { documents, readDocument } from './markdown.js';

/** A number that a file of the sources keeps to itself, by the name before it. */
function numberIn(file: string, name: string): number {
  const found = new RegExp(`\\b${name}(?: = |: | \\?\\? )'?([\\d_]+(?: \\* [\\d_]+)?)(s?)\\b`).exec(
    readFileSync(join(projectDir, file), 'utf8'),
  );
  if (found === null) throw new Error(`${file} has no number ${name}`);
  const [, digits = '', seconds] = found;
  const number = digits.split(' * ').reduce((product, part) => product * Number(part.replaceAll('_', '')), 1);
  return seconds === 's' ? number * 1_000 : number;
}

/** As the documents write spans: the first unit with a small whole number. */
function words(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ] as const;
  const [unitMs, unit] = units.find(([each]) => ms % each === 0) ?? [1, 'ms'];
  return `${ms / unitMs} ${unit}`;
}

/** Spans that the documents tell in words. */
const inWords: Readonly<Record<string, number>> = {
  'less than a second': 1_000,
  'half a minute': 30_000,
  'a minute': 60_000,
  'two minutes': 120_000,
  'a quarter of an hour': 900_000,
  '15 minutes': 900_000,
  'half an hour': 1_800_000,
  'an hour': 3_600_000,
};
const told = (ms: number): string => {
  const found = Object.entries(inWords).flatMap(([text, value]) => (value === ms ? [text] : []));
  if (found.length === 0) throw new Error(`no words for ${words(ms)}`);
  return `(?:${found.join('|')})`;
};

const kB = (bytes: number): string => `${bytes / 1_024} kB`;
const MB = (bytes: number): string => `${bytes / 1_048_576} MB`;
const { doubtBaseMs: doubtMs } = timings;
const intent = words(timings.attemptMaxMs - timings.abortLeadMs + timings.abortSettleMs);
const spread = words(timings.heartbeatTimeoutMs + timings.burstInitialMs);
const gone = told(numberIn('src/worker/readiness.ts', 'goneAfterMs'));

/** What a document says, as a pattern that has the number of the code. */
const claims: readonly (readonly [document: string, pattern: string])[] = [
  ['README.md', `after about ${spread}`],
  ['README.md', `may have spent a refresh token after about ${intent}`],
  ['docs/operation.md', `may have spent a refresh token, after about ${intent}`],
  ['README.md', `after ${told(timings.undeliveredAfterMs)} the notice \`undelivered\``],
  ['docs/concepts.md', `the last ${numberIn('src/core/record/ledger.ts', 'ledgerRows')} things`],
  ['docs/concepts.md', `up to ${{ 3: 'three' }[timings.burstAttempts]} attempts`],
  ['docs/concepts.md', `up to a ${{ 0.1: 'tenth' }[timings.jitterShare]} of \`renewBefore\``],
  ['docs/concepts.md', `within ${told(numberIn('src/client/requests.ts', 'rotateNow'))} share one rotation`],
  ['docs/concepts.md', `within ${words(timings.fineForMs)} share one question`],
  ['docs/concepts.md', `requested ${told(timings.forcedSpacingMs)} after the last one`],
  ['docs/config.md', `at most ${kB(numberIn('src/connections/resolve-references.ts', 'maxFileBytes'))}`],
  ['docs/config.md', `at most ${numberIn('src/config/files.ts', 'maxFileBytes') / 1_000_000} MB each`],
  ['docs/config.md', `at most ${numberIn('src/config/yaml-expand.ts', 'maxDepth')} levels`],
  ['docs/config.md', `${numberIn('src/config/yaml-expand.ts', 'maxValues').toLocaleString('en-US')} values`],
  ['docs/config.md', `one call to the provider +\\| ${formatDuration(timings.attemptMaxMs)},`],
  ['docs/drivers.md', `\\(${numberIn('src/sinks/file.ts', 'commandTimeoutMs') / 1_000}s, which is also the most`],
  ['docs/drivers.md', `a command that takes over ${words(timings.sinkAttemptMs)} is cut off in the first pass`],
  ['docs/drivers.md', `\\(${formatDuration(numberIn('src/sinks/webhook.ts', 'timeoutMs'))}; 20s is the most`],
  ['docs/drivers.md', `an answer that takes over ${words(timings.sinkAttemptMs)} is not waited for in the first pass`],
  [
    'docs/drivers.md',
    `A \`keyCommand\` has ${words(numberIn('src/vaults/sealed/key-command.ts', 'defaultTimeoutMs'))}\\.`,
  ],
  ['docs/embedding.md', `\`cacheMs\` \\(${words(numberIn('src/runtime/values.ts', 'cacheMs'))}\\)`],
  ['docs/embedding.md', `\`vaultTimeoutMs\` \\(${words(numberIn('src/runtime/values.ts', 'vaultTimeoutMs'))}\\)`],
  ['docs/embedding.md', `\`deadlineMs\` \\(${timings.updateWaitMs / 1_000} s;`],
  ['docs/metrics.md', `reused for ${words(numberIn('src/metrics/collect-tokens.ts', 'everyMs'))}`],
  ['docs/metrics.md', `answers within ${words(numberIn('src/metrics/collect-tokens.ts', 'deadlineMs'))}`],
  ['docs/metrics.md', `answer is reused for ${words(numberIn('src/worker/readiness.ts', 'everyMs'))}`],
  ['docs/metrics.md', `poll within ${gone}`],
  ['docs/operation.md', `${told(numberIn('src/cli/doctor/pollers.ts', 'goneAfterMs'))} after the last one ended`],
  ['docs/operation.md', `lacked the newest value for ${told(timings.undeliveredAfterMs)}`],
  ['docs/operation.md', `could not be revoked for ${told(timings.unrevokedAfterMs)}`],
  ['docs/operation.md', `after ${told(timings.unrevokedAfterMs)} the notice \`unrevoked\``],
  ['docs/operation.md', `the next one ${told(timings.waitingBaseMs)} later finds it`],
  ['docs/operation.md', `comes ${{ 30_000: 'twice' }[numberIn('src/cli/calm-log.ts', 'quietMs')]} a minute at most`],
  ['docs/operation.md', `after about ${spread}`],
  ['docs/operation.md', `\\(${MB(numberIn('src/vaults/embedded/reserve-room.ts', 'made') * 4_096)}, made where`],
  ['docs/operation.md', `made where ${MB(numberIn('src/vaults/embedded/reserve-room.ts', 'leastBytes'))} are free`],
  ['docs/operation.md', `a new generation every ${words(timings.spacingFloorMs)}`],
  ['docs/operation.md', `after ${[1, 2, 4].map((times) => words(doubtMs * times)).join(', ')}, at most`],
  ['docs/operation.md', `at most ${words(timings.doubtMaxMs)}; anew after ${told(timings.doubtKeptMs)} without one`],
  ['docs/operation.md', `at most ${told(timings.laneMaxMs)} apart \\(${told(timings.laneMendingMs)} where`],
  ['docs/operation.md', `life \\(${told(timings.laneMaxMs)} at most\\)`],
  ['docs/operation.md', `half of that, and to ${told(timings.retryAfterMaxMs)}\\)`],
  ['docs/operation.md', `time since, ${told(timings.backoffMaxMs)} at most`],
  ['docs/operation.md', `and tried again ${told(timings.waitingBaseMs)} later`],
  ['docs/production.md', `gives running work ${words(numberIn('src/worker.ts', 'shutdownGraceTime'))}`],
  ['docs/production.md', `\`attemptTimeout\` is over ${words(timings.attemptMaxMs)}`],
  ['docs/production.md', `every ${numberIn('src/client.ts', 'maxRotationsPerRun')} rotations`],
  ['docs/production.md', `gets a new one every ${words(timings.spacingFloorMs)}`],
  ['CHANGELOG.md', `of less than ${told(cliSpans.silenceMs)}`],
  ['CHANGELOG.md', `at most once every ${told(timings.doubtMaxMs).replace('a quarter', 'quarter')}`],
];

test.each(claims)('%s has the number of the code: %s', (document, pattern) => {
  expect(documents).toContain(document);
  expect(readDocument(document).replaceAll(/\s+/g, ' ')).toMatch(new RegExp(pattern));
});
