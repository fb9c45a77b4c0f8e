import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TokenStatus } from '../../src/client/status.js';
import { TokenError } from '../../src/core/errors.js';
import { timings } from '../../src/core/timings.js';
import { Callers } from '../support/e2e-callers.js';
import { tokenA, World } from '../support/e2e-world.js';
import { withTemporal } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

const temporal = withTemporal();
const key = 'demo/a';
let world: World;

beforeAll(async () => {
  // Each rotation ends its run: whoever waits for an answer waits across a continue-as-new.
  world = await World.make({ temporal: temporal(), tokens: { [key]: tokenA }, maxRotationsPerRun: 1 });
  await world.startWorker();
  await world.client.apply(world.spec(key));
  await world.healthy(key, 1);
}, 240_000);

afterAll(() => world[Symbol.asyncDispose]());

const callApi = async (value: string, path = 'invoices'): Promise<Response> => {
  const response = await fetch(`${world.provider.issuer}/api/${path}`, {
    headers: { authorization: `Bearer ${value}` },
  });
  await response.body?.cancel();
  return response;
};

const isHealthy = ({ state, acknowledged, total }: TokenStatus): boolean =>
  state === 'healthy' && acknowledged === total;

const issued = async (): Promise<number> => (await world.provider.control.counts()).tokenRequests.client_credentials.ok;

/** The API refuses the current value from now on. @returns its generation */
async function killCurrent(): Promise<number> {
  expect(await world.provider.control.kill(await world.currentValue(key))).toBe(true);
  return (await world.client.status(key)).generation;
}

/** What a promise is rejected with; kept for the scan. */
async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const outcome = await work.then(
    () => 'no failure',
    (error: unknown) => error,
  );
  world.scan.addTextsOf('a failure that a job saw', outcome);
  return outcome;
}

describe('withToken', () => {
  it('heals 200 callers in 4 processes with one rotation each time that the token dies behind them, over continue-as-new', async () => {
    const callers = await Callers.start(world, key);
    for (let round = 1; round <= 3; round++) {
      const [generation, before] = [await killCurrent(), await issued()];
      const outcome = await callers.round(120_000);
      expect(outcome.failures).toEqual([]);
      expect(outcome.generations).toEqual(Array<number>(200).fill(generation + 1));
      expect((await issued()) - before).toBe(1);
    }
    await Promise.all(callers.processes.map((each) => each.end('SIGTERM')));
    const { runs, generation } = await world.until(key, (status) => isHealthy(status) && status.runs === 5);
    expect({ runs, generation }).toEqual({ runs: 5, generation: 4 });
  }, 500_000);

  it('loses no answer of an update that is under way when its run ends', async () => {
    const { generation: first, runs } = await world.client.status(key);
    const last = first + 5;
    const askers = 8;
    let answered = 0;
    let isOver = false;
    const askOnAndOn = async (): Promise<void> => {
      while (!isOver) {
        expect(await world.client.deliver(key)).toMatchObject({ status: 'accepted' });
        answered++;
      }
    };
    const asking = Promise.all(Array.from({ length: askers }, askOnAndOn));
    for (let generation = first; generation < last; generation++) {
      const before = answered;
      expect(await world.client.rotateNow(key, generation)).toMatchObject({
        status: 'rotated',
        generation: generation + 1,
      });
      // Else one that is faster than all of them would meet none of the next ones.
      await waitFor(() => answered - before, { limitMs: 60_000, until: (more) => more >= askers });
    }
    isOver = true;
    await asking;
    const after = await world.until(key, (status) => isHealthy(status) && status.runs === runs + 5);
    expect({ generation: after.generation, runs: after.runs }).toEqual({ generation: last, runs: runs + 5 });
  }, 400_000);

  it('says RotationPending with a time to come back while the provider is down, and heals once it is up', async () => {
    const { control } = world.provider;
    await control.addFault({ endpoint: 'token', when: 'before', answer: { status: 503 }, times: 1_000 });
    const dead = await killCurrent();
    const job = (deadlineMs: number): Promise<number> =>
      world.tokens.withToken(
        key,
        async ({ value, generation }) => {
          const { status } = await callApi(value);
          if (status !== 200) throw Object.assign(new Error('refused'), { status });
          return generation;
        },
        { deadlineMs },
      );
    const start = Date.now();
    const pending = await failureOf(job(500));
    expect(pending).toBeInstanceOf(TokenError);
    expect(pending).toMatchObject({ code: 'RotationPending', retryAfterMs: 5_000 });
    expect(Date.now() - start, 'ms; an update that fails or lasts takes more').toBeLessThan(20_000);
    expect(await failureOf(job(60_000))).toMatchObject({ code: 'RotationFailed', retryAfterMs: 10_000 });
    await control.clearFaults();
    // The backoff of core, not of the job, decides when; the job comes back as it was told.
    await world.healthy(key, dead + 1);
    expect(await job(60_000)).toBe(dead + 1);
  }, 400_000);

  it('ends at once when the caller gives up, with the caller’s own reason', async () => {
    const { control } = world.provider;
    await control.addFault({ endpoint: 'token', when: 'before', delayMs: 6_000, answer: 'pass' });
    const dead = await killCurrent();
    const giveUp = new AbortController();
    const work = world.tokens.withToken(key, ({ value }) => callApi(value), { signal: giveUp.signal });
    const failure = failureOf(work);
    // Earlier, nobody would have asked for a rotation.
    await world.until(key, ({ state, generation }) => state === 'renewing' || generation > dead);
    giveUp.abort(new Error('the job was stopped'));
    expect(await failure).toMatchObject({ message: 'the job was stopped' });
    const endedAt = Date.now();
    await world.healthy(key, dead + 1);
    const { ledger } = await world.record(key);
    const staged = ledger.findLast(({ event, generation }) => event === 'staged' && generation === dead + 1);
    // Not by a clock of ours, which a busy machine would outrun: the provider, in this process too, answered long after.
    expect(endedAt).toBeLessThan(staged?.at ?? 0);
  }, 400_000);

  // Last, because a token that was called alive is not asked about again for a while.
  it('gives the answer back where the token is not to blame: one probe, no rotation', async () => {
    const before = await world.provider.control.counts();
    // Our token is for another audience than this API: a 401 that a new token would get, too.
    const call = (): Promise<Response> =>
      world.tokens.withToken(key, ({ value }) => callApi(value, 'other.test/invoices'));
    const start = Date.now();
    const answers = [await call(), await call(), await call()];
    const elapsedMs = Date.now() - start;
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
    const after = await world.provider.control.counts();
    expect(after.tokenRequests).toEqual(before.tokenRequests);
    const probes = (after.introspections['tokenkeeper'] ?? 0) - (before.introspections['tokenkeeper'] ?? 0);
    // On a machine that took longer for these, the next span may have begun.
    expect(probes).toBeGreaterThanOrEqual(1);
    expect(probes).toBeLessThanOrEqual(1 + Math.floor(elapsedMs / timings.fineForMs));
  });

  it('gives the job’s own error back where the token is not to blame', async () => {
    const refused = Object.assign(new Error('refused'), { response: { status: 401 } });
    expect(await failureOf(world.tokens.withToken(key, () => Promise.reject(refused)))).toBe(refused);
    const other = new Error('no such invoice');
    expect(await failureOf(world.tokens.withToken(key, () => Promise.reject(other)))).toBe(other);
  });

  it('told no secret to anybody', async () => {
    const { looked, findings } = await world.scanAll();
    expect(findings).toEqual([]);
    expect(looked.runs).toBeGreaterThanOrEqual(6);
    expect(world.scan.secretCount).toBeGreaterThanOrEqual(8);
  });
});
