import type { Figures } from './scenario.js';

/** Two loops under the same load. */
export interface Pair {
  readonly base: Figures;
  readonly ours: Figures;
  /** How far the two measurements of one loop lie apart, in rotations/s or CPU a rotation: the larger over the smaller, less 1. */
  readonly spread: number;
}

/**
 * Measures both loops twice, in the order A B B A, and takes the means: a machine that becomes slower or faster meanwhile does so for both
 * alike, and how far the two measurements lie apart tells what the figures are worth.
 */
export async function compareTwice(base: () => Promise<Figures>, ours: () => Promise<Figures>): Promise<Pair> {
  const first = await base();
  const [one, other] = [await ours(), await ours()];
  const last = await base();
  return {
    base: meanOf(first, last),
    ours: meanOf(one, other),
    spread: Math.max(spreadOf(first, last), spreadOf(one, other)),
  };
}

function meanOf(one: Figures, other: Figures): Figures {
  const means = (Object.keys(one) as (keyof Figures)[]).map((name) => [name, (one[name] + other[name]) / 2]);
  return Object.fromEntries(means) as Figures;
}

function spreadOf(one: Figures, other: Figures): number {
  const measured = ['rotationsPerS', 'workerCpuMs', 'serverCpuMs'] as const;
  const ratios = measured.map((name) => Math.max(one[name], other[name]) / Math.min(one[name], other[name]));
  return Math.max(...ratios) - 1;
}
