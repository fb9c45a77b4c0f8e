import { expect, it } from 'vitest';
import { workersFinding } from '../../src/cli/doctor/pollers.js';

const now = Date.UTC(2027, 0, 20);
const asked = (identity: string, secondsAgo: number) => ({ identity, askedAt: now - secondsAgo * 1_000 });
const find = (workflows: ReturnType<typeof asked>[], activities = workflows) =>
  workersFinding('tokenkeeper', { workflows, activities }, now);

const start = 'start one: tokenkeeper worker, or tokenkeeper up';

it('who has not asked for two minutes has ended, though Temporal names it still', () => {
  expect(find([asked('1@a', 59), asked('2@a', 121), asked('3@a', -3)])).toMatchObject({
    level: 'good',
    detail: '2 workers on task queue tokenkeeper: 1@a, 3@a',
  });
});

it('where the last one has ended, it is told who and when', () => {
  expect(find([asked('1@a', 290), asked('2@a', 125)])).toEqual({
    level: 'bad',
    what: 'worker',
    detail: 'nobody works on task queue tokenkeeper; 2@a was seen last, 2m ago',
    remedy: start,
  });
  expect(find([])).toMatchObject({ level: 'bad', detail: 'nobody works on task queue tokenkeeper', remedy: start });
});

it('a worker that does no activities is none', () => {
  expect(find([asked('1@a', 5)], [])).toMatchObject({
    level: 'bad',
    detail: 'nobody does the activities of task queue tokenkeeper',
  });
  expect(find([asked('1@a', 5)], [asked('2@b', 200)])).toMatchObject({
    level: 'bad',
    detail: 'nobody does the activities of task queue tokenkeeper; 2@b was seen last, 3m ago',
  });
});
