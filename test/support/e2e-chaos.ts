import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../demo/provider/faults.js';
import { waitFor } from './wait-for.js';
import type { World } from './e2e-world.js';
import type { TestProcess } from './worker-process-control.js';

/** What befell the world, and the jobs that use its tokens meanwhile. */
export interface ChaosOutcome {
  /** Calls that the API accepted. */
  readonly ok: number;
  /** Calls that it refused, by token, with what had happened just before. */
  readonly refused: Readonly<Record<string, readonly string[]>>;
  /** What was done, with its count. */
  readonly done: Readonly<Record<string, number>>;
}

type Random = () => number;

/** Troubles that pass, at the provider's endpoints. */
const faults: readonly Fault[] = [
  { when: 'before', answer: { status: 503 } },
  { when: 'before', answer: { status: 500, body: 'not JSON' } },
  { when: 'before', answer: { status: 429, headers: { 'retry-after': '2' } } },
  { when: 'before', answer: { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' } },
  { when: 'before', answer: 'drop' },
  { when: 'before', answer: 'pass', delayMs: 3_000 },
  { endpoint: 'revocation', when: 'after', answer: 'drop' },
];

/** Longer than a heartbeat may be late, shorter than an attempt: another worker takes over while the first one rightly believes in its own. */
const longFreezeMs = 13_000;
/** How long a job works with the value that it has read; shorter than the grace. */
const workMs = 5_000;

/** Two workers and a provider, all of which have troubles at random, while jobs read a token's file and call an API with it. */
export class Chaos {
  readonly #workers: TestProcess[] = [];
  readonly #done: Record<string, number> = {};
  readonly #recent: string[] = [];
  #worst: Promise<void> = Promise.resolve();

  constructor(
    readonly world: World,
    /** The token whose grant dies when it is used. */
    readonly grant: string,
    readonly random: Random,
  ) {}

  /** Goes on for a while, and comes to rest: both workers run, the provider has no fault left. */
  async run(paths: Readonly<Record<string, string>>, forMs: number): Promise<ChaosOutcome> {
    this.#workers.push(await this.world.startWorker(), await this.world.startWorker());
    const keys = Object.keys(paths);
    for (const key of keys) await this.world.client.apply(this.world.spec(key));
    for (const key of keys) await this.world.healthy(key, 1);
    const over = new AbortController();
    const jobs = Object.entries(paths).map(([key, path]) => this.#job(key, path, over.signal));
    try {
      for (const end = Date.now() + forMs; Date.now() < end;) {
        await sleep(300 + this.random() * 1_500);
        await this.#trouble(keys);
      }
      await this.#worst;
      await this.world.provider.control.clearFaults();
    } finally {
      over.abort();
    }
    const ends = await Promise.all(jobs);
    return {
      ok: ends.reduce((sum, { ok }) => sum + ok, 0),
      refused: Object.fromEntries(keys.map((key, index) => [key, ends[index]?.refused ?? []])),
      done: this.#done,
    };
  }

  /** A script that reads its token, works with it for a while, and knows of nothing else. */
  async #job(key: string, path: string, over: AbortSignal): Promise<{ ok: number; refused: string[] }> {
    const file = join(this.world.folder, 'run', key);
    const refused: string[] = [];
    let ok = 0;
    while (!over.aborted) {
      const value = await readFile(file, 'utf8');
      for (const until = Date.now() + workMs; Date.now() < until && !over.aborted; await sleep(200)) {
        const status = await this.world.provider.callApi(value, path);
        if (status === 200) ok++;
        else refused.push(`${status} after ${this.#recent.slice(-4).join(', ')}`);
      }
    }
    return { ok, refused };
  }

  async #trouble(keys: readonly string[]): Promise<void> {
    const key = this.#oneOf(keys);
    const troubles: Readonly<Record<string, () => Promise<unknown>>> = {
      rotate: () => this.world.client.rotate(key, { reason: 'Chaos' }),
      'a fault': () => this.world.provider.control.addFault(this.#oneOf(faults)),
      'kill -9': () => this.#next((at) => this.#kill(at)),
      freeze: () => this.#next((at) => this.#freeze(at, this.random() * longFreezeMs)),
      'freeze in a request': () => this.#next((at) => this.#freezeInRequest(at)),
      pause: async () => {
        await this.world.client.pause(key);
        await sleep(this.random() * 1_000);
        await this.world.client.resume(key);
      },
    };
    const name = this.#oneOf([...Object.keys(troubles), 'rotate', 'rotate', 'a fault']);
    this.#done[name] = (this.#done[name] ?? 0) + 1;
    this.#recent.push(`${name} ${key}`);
    await troubles[name]?.();
  }

  /** One worker at a time: where none is left, a token rightly waits. Its trouble goes on beside the others. */
  async #next(trouble: (at: number) => Promise<void>): Promise<void> {
    await this.#worst;
    this.#worst = trouble(this.random() < 0.5 ? 0 : 1);
  }

  async #kill(at: number): Promise<void> {
    await this.#workers[at]?.end('SIGKILL');
    this.#workers[at] = await this.world.startWorker();
  }

  async #freeze(at: number, forMs: number): Promise<void> {
    const child = this.#workers[at]?.child;
    child?.kill('SIGSTOP');
    await sleep(forMs);
    child?.kill('SIGCONT');
  }

  /**
   * The grant is redeemed, its answer on its way, and the worker that waits for it is held up until another one has taken over. What comes of
   * it is awaited: killed now, that worker would lose the answer, which is for a person.
   */
  async #freezeInRequest(at: number): Promise<void> {
    const { client, provider } = this.world;
    const { generation, problem } = await client.status(this.grant);
    const { refreshRedeems } = await provider.control.counts();
    if (problem !== null) return;
    await provider.control.addFault({ when: 'after', answer: 'pass', delayMs: 2_000 });
    await client.rotate(this.grant, { reason: 'Chaos' });
    const isRedeemed = async () => (await provider.control.counts()).refreshRedeems > refreshRedeems;
    await waitFor(isRedeemed, { limitMs: 60_000, describe: 'the redeem of the grant', everyMs: 100 });
    await this.#freeze(at, longFreezeMs);
    await this.world.until(this.grant, (now) => now.generation > generation || now.problem?.code === 'OutcomeUnknown');
  }

  #oneOf<T>(all: readonly T[]): T {
    return all[Math.floor(this.random() * all.length)] as T;
  }
}
