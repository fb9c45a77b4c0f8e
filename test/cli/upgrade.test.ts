import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TokenKeeperClient } from '../../src/client.js';
import type { TokenStatus } from '../../src/client/status.js';
import { startWorker, withCli, type Outcome } from '../support/cli.js';
import { bundleOnce } from '../support/temporal.js';
import { quiet } from '../support/temporal-quiet.js';
import { waitFor } from '../support/wait-for.js';

/** Which release the command line is of: what it knows as the newest rules. */
const cli = vi.hoisted(() => ({ newest: 1 }));
vi.mock(import('../../src/core/lifecycle/rules.js'), async (original) => {
  const rules = await original();
  return Object.defineProperty({ ...rules }, 'newestRules', { get: () => cli.newest });
});

const bench = withCli({ worker: false });
const [one, two] = [bench.key('one'), bench.key('two')];
const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
let stopWorker = async (): Promise<void> => {};

async function deploy(workflowBundle: WorkflowBundleOption): Promise<void> {
  await stopWorker();
  stopWorker = await startWorker(bench, workflowBundle);
}

/** The workflows of a release that has newer rules beside those of before. */
function laterRelease(): Promise<WorkflowBundleOption> {
  const alias = { [path('../../src/core/lifecycle/rules.ts')]: path('./fixtures/next-rules.ts') };
  return bundleWorkflowCode({
    workflowsPath: path('../../src/workflows/index.ts'),
    logger: quiet,
    webpackConfigHook: (config) => ({
      ...config,
      resolve: { ...config.resolve, alias: Object.assign({}, config.resolve?.alias, alias) },
    }),
  });
}

const upgrade = (...more: readonly string[]): Promise<Outcome> => bench.tokenkeeper(['upgrade', ...more]);
const runsOf = async (): Promise<string[]> =>
  Promise.all([one, two].map(async (key) => (await bench.status(key)).workflow.runId));
const rulesOf = async (): Promise<number[]> =>
  Promise.all([one, two].map(async (key) => (await bench.status(key)).workflow.rules));

beforeAll(async () => {
  const token = { issuer: 'idp', sinks: ['files'] };
  await bench.declare({ [one]: token, [two]: token });
  await deploy(await bundleOnce());
  await bench.tokenkeeper(['apply', '--wait', '--timeout', '50s']);
});
afterAll(() => stopWorker());

describe('upgrade, step by step through a deploy', () => {
  it('asks for tokens, or --all', async () => {
    for (const argv of [[], [one, '--all']])
      expect(await upgrade(...argv)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('name tokens, or give --all'),
      });
  });

  it('leaves tokens on the newest rules alone', async () => {
    await bench.indexed(one, two);
    const before = await runsOf();
    const outcome = await upgrade('--all');
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toBe(
      `= ${one}  on rules 1 already\n= ${two}  on rules 1 already\n2 tokens: 0 moved, 0 asked to, 2 there already\n`,
    );
    expect(await runsOf()).toEqual(before);
  });

  it('stops at the first under --wait where the workers were not deployed yet', async () => {
    cli.newest = 2;
    await bench.indexed(one, two);
    const [, second] = await runsOf();
    const outcome = await upgrade('--all', '--wait');
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toBe(
      `tokenkeeper: ${one} has a new run, but its worker knows rules 1 only, not 2\n` +
        'do: deploy the workers first, all of them, then: tokenkeeper upgrade\n',
    );
    expect(outcome.stdout).toBe(`x ${one}  failed\nstopped: 1 token not touched\n`);
    expect((await runsOf())[1]).toBe(second);
  });

  it('lets tokens that sleep go on by the newer rules after the deploy: a new run, the same generation, no provider call', async () => {
    const before = await runsOf();
    const { counts } = bench.provider;
    const values = await Promise.all([one, two].map((key) => bench.read(`run/${key}`)));
    await deploy(await laterRelease());
    await bench.indexed(one, two);
    expect(await rulesOf()).toEqual([1, 1]);
    const outcome = await upgrade(
      '--all',
      '--wait',
      '--per-minute',
      '600',
      '--reason',
      'release 2',
      '--timeout',
      '50s',
    );
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toBe(
      `~ ${one}  rules 1 → 2, gen 1 as before\n~ ${two}  rules 1 → 2, gen 1 as before\n2 tokens: 2 moved, 0 asked to, 0 there already\n`,
    );
    expect(await rulesOf()).toEqual([2, 2]);
    expect((await runsOf()).some((run) => before.includes(run))).toBe(false);
    expect(bench.provider.counts).toEqual(counts);
    expect(await Promise.all([one, two].map((key) => bench.read(`run/${key}`)))).toEqual(values);
    for (const key of [one, two]) expect(await bench.status(key)).toMatchObject({ state: 'healthy', generation: 1 });
  }, 180_000);

  it('does not say that the generation is as before where a renewal ended on the way', async () => {
    const status = (runId: string, generation: number) => ({ key: one, rules: 2, runId, generation }) as TokenStatus;
    const looks = vi.spyOn(TokenKeeperClient.prototype, 'status');
    looks.mockResolvedValueOnce(status('a', 1)).mockResolvedValueOnce(status('b', 2));
    const renewal = vi.spyOn(TokenKeeperClient.prototype, 'renewRun').mockResolvedValueOnce();
    try {
      expect((await upgrade(one, '--force', '--wait')).stdout).toContain(`~ ${one}  rules 2 → 2, gen 2 by now\n`);
    } finally {
      looks.mockRestore();
      renewal.mockRestore();
    }
  });

  it('is done once it is done', async () => {
    await bench.indexed(one, two);
    const before = await runsOf();
    expect((await upgrade('--all')).stdout).toContain('2 tokens: 0 moved, 0 asked to, 2 there already\n');
    expect(await runsOf()).toEqual(before);
  });

  it('moves them all the same with --force, and without --wait only asks', async () => {
    const [first] = await runsOf();
    const outcome = await upgrade(one, '--force');
    expect(outcome.stdout).toContain(`~ ${one}  rules 2, asked for a new run\n1 token: 0 moved, 1 asked to`);
    await waitFor(runsOf, { limitMs: 45_000, until: ([run]) => run !== first });
    expect(await bench.status(one)).toMatchObject({ state: 'healthy', generation: 1 });
  });

  it('still renews by the newer rules', async () => {
    expect((await bench.tokenkeeper(['rotate', one, '--wait', '--timeout', '50s'])).code).toBe(0);
    expect(await bench.status(one)).toMatchObject({ generation: 2, workflow: { rules: 2 } });
  });

  it('names one that is not kept, and continues with the others', async () => {
    const nobody = bench.key('nobody');
    const outcome = await upgrade(nobody, two);
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining('(NotKept)') });
    expect(outcome.stdout).toContain(`= ${two}`);
    expect(outcome.stdout).toContain('1 there already, 1 failed\n');
  });

  it('an older worker says that it cannot go on, also with a token that sleeps; the newer one goes on', async () => {
    await deploy(await bundleOnce());
    const outcome = await bench.tokenkeeper(['status', two]);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toContain(': this worker does not know rules 2 (WorkflowTaskFailing)\ndo: run the newest ');
    expect((await bench.tokenkeeper(['doctor'])).stdout).toMatch(new RegExp(`✗ ${two}: .*WorkflowTaskFailing`));
    await deploy(await laterRelease());
    expect(await bench.status(two)).toMatchObject({ state: 'healthy', generation: 1, workflow: { rules: 2 } });
  }, 120_000);
});
