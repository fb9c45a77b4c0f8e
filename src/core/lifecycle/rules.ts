import { decide } from './decide.js';
import { evolve } from './evolve.js';

/** The decisions of one version. A change that would alter the commands of a running workflow takes a new number. */
export interface Rules {
  readonly decide: typeof decide;
  readonly evolve: typeof evolve;
}

const rulesets: Readonly<Record<number, Rules>> = { 1: { decide, evolve } };

/** The version that new runs are pinned to; continue-as-new moves to it. */
export const newestRules = 1;

/** The rules that a run is pinned to; undefined: this program is older than the run. */
export function rulesOf(version: number): Rules | undefined {
  return rulesets[version];
}
