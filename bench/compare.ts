import type { Figures } from './scenario.js';

/** Two loops under the same load. */
export interface Pair {
  readonly base: Figures;
  readonly ours: Figures;
  /** How far the measurements of one loop lie apart, in rotations/s or CPU a rotation: the largest over the smallest, less 1. */
  readonly spread: number;
}

/**
 * Measures two loops in turn, A B B A in each round, and takes the means: a machine that becomes slower or faster meanwhile does so for both
 * alike, and how far the measurements of one loop lie apart tells what the figures are worth.
 */
export async function compareInTurn(
  base: () => Promise<Figures>,
  ours: () => Promise<Figures>,
  rounds: number,
): Promise<Pair> {
  const [a, b]: [Figures[], Figures[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    a.push(await base());
    b.push(await ours(), await ours());
    a.push(await base());
  }
  return { base: meanOf(a), ours: meanOf(b), spread: Math.max(spreadOf(a), spreadOf(b)) };
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
