import { afterEach, expect, test, vi } from 'vitest';
import { watchParent } from '../../demo/parent.js';

afterEach(() => void vi.useRealTimers());

test('the end of the process that started the demo is told, once', () => {
  vi.useFakeTimers();
  let parent = 7;
  const gone = vi.fn();
  watchParent(gone, () => parent);
  vi.advanceTimersByTime(10_000);
  expect(gone).not.toHaveBeenCalled();
  parent = 1;
  vi.advanceTimersByTime(10_000);
  expect(gone).toHaveBeenCalledOnce();
});

test('it is not told after the watch has ended', () => {
  vi.useFakeTimers();
  let parent = 7;
  const gone = vi.fn();
  const end = watchParent(gone, () => parent);
  end();
  parent = 1;
  vi.advanceTimersByTime(10_000);
  expect(gone).not.toHaveBeenCalled();
});
