import { expect, it } from 'vitest';
import { workersFinding, type Poller } from '../../src/cli/doctor/pollers.js';

const now = Date.UTC(2027, 0, 20);
const asked = (identity: string, secondsAgo: number, version: string | null = null): Poller => ({
  identity,
  askedAt: now - secondsAgo * 1_000,
  version,
});
const find = (workflows: readonly Poller[], activities = workflows, current: string | null = null) =>
  workersFinding(
    'tokenkeeper',
    { workflows: { pollers: workflows, current }, activities: { pollers: activities, current } },
    now,
  );

const start = 'start one: tokenkeeper worker, or tokenkeeper up';

it('who has not asked for two minutes has ended, though Temporal names it still', () => {
  expect(find([asked('1@a', 59), asked('2@a', 121), asked('3@a', -3)])).toMatchObject({
    level: 'good',
    detail: '2 workers on task queue tokenkeeper: 1@a, 3@a',
  });
});

it('where the last worker has ended, it is named with the time', () => {
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

it('workers of which none is of the current version get nothing new', () => {
  const remedy =
    'start one of it, or make the version of those current: temporal worker deployment set-current-version';
  expect(find([asked('1@a', 5)], undefined, 'keeper 0.2.0')).toEqual({
    level: 'bad',
    what: 'worker',
    detail: 'task queue tokenkeeper gives new work to workers of version keeper 0.2.0, and none is there: 1@a',
    remedy,
  });
  expect(find([asked('1@a', 5, 'keeper 0.1.0')])).toMatchObject({
    level: 'bad',
    detail: 'task queue tokenkeeper gives new work to workers without a version, and none is there: 1@a',
    remedy,
  });
  expect(find([asked('1@a', 5), asked('2@a', 200, 'keeper 0.2.0')], undefined, 'keeper 0.2.0')).toMatchObject({
    level: 'bad',
  });
  expect(find([asked('1@a', 5), asked('2@a', 9, 'keeper 0.2.0')], undefined, 'keeper 0.2.0')).toMatchObject({
    level: 'good',
    detail: '2 workers on task queue tokenkeeper: 1@a, 2@a',
  });
});
