import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Small files of tests that take long. */
const slow: readonly string[] = [
  'activities/interleavings',
  'cli/process',
  'cli/upgrade',
  'core/lifecycle.property',
  'demo/stack',
  'docs/code-blocks',
  'docs/deploy',
  'e2e/kill',
  'e2e/with-token',
  'package/api',
  'plugin/credential-watch',
  'server/child',
  'workflows/request-storm',
  'workflows/simulations',
  'workflows/step-errors',
];

/**
 * Without the times of an earlier run, as in a fresh clone, vitest starts the largest files first: one that is small and slow would begin as
 * the last one, and all but one process would wait for it.
 */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification): boolean =>
      slow.some((name) => moduleId.endsWith(`/test/${name}.test.ts`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}
