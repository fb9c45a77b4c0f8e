import { inject } from 'vitest';
import type { World } from './e2e-world.js';
import type { TestProcess } from './worker-process-control.js';

/** The settings of a caller process. */
export interface CallerSettings {
  readonly config: string;
  readonly address: string;
  readonly namespace: string;
  readonly prefix: string;
  readonly key: string;
  readonly url: string;
  readonly callers: number;
}

/** The results of the callers of one process, or of all. */
export interface Round {
  /** Generations that the API accepted, one for each caller that succeeded. */
  readonly generations: readonly number[];
  readonly failures: readonly string[];
}

/** Callers of one token in several processes, each with a cache of its own. */
export class Callers {
  #rounds = 0;

  private constructor(readonly processes: readonly TestProcess[]) {}

  static async start(world: World, key: string, { processes = 4, callers = 50 } = {}): Promise<Callers> {
    const { address, namespace } = inject('temporal');
    const { config, prefix, provider } = world;
    const url = `${provider.issuer}/api/invoices`;
    const settings: CallerSettings = { config, address, namespace, prefix, key, url, callers };
    const env = { TEST_CALLER: JSON.stringify(settings) };
    const starts = Array.from({ length: processes }, () => world.startProcess('e2e-caller-process.js', env));
    return new Callers(await Promise.all(starts));
  }

  /** Lets every caller of every process make one call, all at about the same time. */
  async round(limitMs: number): Promise<Round> {
    const round = ++this.#rounds;
    const isIt = (message: unknown): boolean => (message as { round?: number }).round === round;
    const rounds = await Promise.all(
      this.processes.map((each) => {
        each.send({ round });
        return each.says<Round>(isIt, limitMs);
      }),
    );
    return {
      generations: rounds.flatMap(({ generations }) => generations),
      failures: rounds.flatMap(({ failures }) => failures),
    };
  }
}
