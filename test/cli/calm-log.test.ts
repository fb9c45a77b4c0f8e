import { expect, it } from 'vitest';
import { calmLog } from '../../src/cli/calm-log.js';
import { silentLog } from '../../src/drivers.js';

type Line = readonly [level: string, message: string, fields?: Record<string, unknown>];

const clock = { now: 0 };
const lines: Line[] = [];
const calm = () => {
  clock.now = 0;
  lines.length = 0;
  const write =
    (level: string) =>
    (...line: [string, Record<string, unknown>?]) =>
      void lines.push([level, ...line]);
  return calmLog({ ...silentLog, warn: write('warn'), error: write('error') }, () => clock.now);
};
const poll = (times: number): string => `gRPC call poll_activity_task_queue retried ${times} times`;
const fields = { source: 'temporal' };

it('a line of a poller that retries for an hour is written twice a minute, with how many were left out', () => {
  const log = calm();
  for (let second = 0; second < 3_600; second++) {
    clock.now = second * 1_000;
    log.warn(poll(second), fields);
  }
  expect(lines).toHaveLength(120);
  expect(lines.slice(0, 3)).toEqual([
    ['warn', poll(0), fields],
    ['warn', poll(30), { ...fields, repeated: 29 }],
    ['warn', poll(60), { ...fields, repeated: 29 }],
  ]);
});

it('another text, another level and other fields are other lines, and each is written at once', () => {
  const log = calm();
  log.warn(poll(7), fields);
  log.error(poll(7), fields);
  log.warn(poll(7), { ...fields, part: 'core' });
  log.warn('gRPC call poll_workflow_task_queue retried 7 times', fields);
  log.warn(poll(8), fields);
  log.error('the worker failed');
  expect(lines.map(([level, message]) => `${level} ${message}`)).toEqual([
    `warn ${poll(7)}`,
    `error ${poll(7)}`,
    `warn ${poll(7)}`,
    'warn gRPC call poll_workflow_task_queue retried 7 times',
    'error the worker failed',
  ]);
});

it('however many different lines there are, all are written, and few are remembered', () => {
  const log = calm();
  const words = Array.from({ length: 500 }, (_none, index) => 'x'.repeat(index + 1));
  for (const word of words) log.warn(word);
  expect(lines.map(([, message]) => message)).toEqual(words);
  // Forgotten meanwhile.
  log.warn('x');
  expect(lines).toHaveLength(501);
});
