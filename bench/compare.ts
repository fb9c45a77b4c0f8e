import type { Figures } from './scenario.js';

/** The loops of a comparison, by the means of their measurements. */
export type Compared<Name extends string> = Readonly<Record<Name, Figures>> & {
  /** How far the measurements of one loop lie apart, in rotations/s or CPU a rotation: the largest over the smallest, less 1. */
  readonly spread: number;
};

/** Two loops under the same load. */
export type Pair = Compared<'base' | 'ours'>;

/**
 * Measures loops in turn, forth and back in each round (A B B A), and takes the means: a machine that becomes slower or faster meanwhile does
 * so for all alike, and how far the measurements of one loop lie apart tells what the figures are worth.
 */
export async function measureInTurn<Name extends string>(
  loops: Readonly<Record<Name, () => Promise<Figures>>>,
  rounds = 1,
): Promise<Compared<Name>> {
  const forth = Object.keys(loops) as Name[];
  const measured = new Map(forth.map((name) => [name, [] as Figures[]]));
  for (let round = 0; round < rounds; round++) {
    for (const name of [...forth, ...forth.toReversed()]) measured.get(name)?.push(await loops[name]());
  }
  const means = Object.fromEntries([...measured].map(([name, all]) => [name, meanOf(all)])) as Record<Name, Figures>;
  return { ...means, spread: Math.max(...[...measured.values()].map(spreadOf)) };
}

function meanOf(all: readonly Figures[]): Figures {
  const names = Object.keys(all[0] ?? {}) as (keyof Figures)[];
  const means = names.map((name) => [name, all.reduce((sum, figures) => sum + figures[name], 0) / all.length]);
  return Object.fromEntries(means) as Figures;
}

function spreadOf(all: readonly Figures[]): number {
  const measured = ['rotationsPerS', 'workerCpuMs', 'serverCpuMs'] as const;
  const ratios = measured.map((name) => {
    const values = all.map((figures) => figures[name]);
    return Math.max(...values) / Math.min(...values);
  });
  return Math.max(...ratios) - 1;
}
