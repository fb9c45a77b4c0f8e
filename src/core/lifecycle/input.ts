import { initialState, stateVersion, type LifecycleState } from './state.js';
import type { TokenSpec } from '../spec.js';

/** Which version of the workflow input this program writes. */
export const inputVersion = 1;

/** Input of a token's workflow, for its first run and for those that continue it. */
export interface LifecycleInput {
  readonly v: number;
  /** The version of the rules that this run is pinned to. */
  readonly rules: number;
  readonly spec: TokenSpec;
  readonly revision: number;
  /** Claim the vault record even where another workflow owns it. */
  readonly takeOver?: boolean | undefined;
  /** Prefix of the search attributes; null: they do not exist on this server. Checked by the client, never guessed here. */
  readonly searchAttributes: string | null;
  /** Continue as new after so many rotations; null: only when the server suggests it. */
  readonly maxRotationsPerRun: number | null;
  /** How long an update waits for its outcome; null: from the table of timings. */
  readonly updateWaitMs?: number | null | undefined;
  readonly carried?: Carried | undefined;
}

/** What one run hands to the next. */
interface Carried {
  readonly state: LifecycleState;
  /** JSON of what was published last. */
  readonly published: string;
}

/**
 * The state a run starts with; older versions are upgraded.
 * @throws Error for a newer version than this program knows: the workflow task fails, and a newer worker takes it.
 */
export function stateFrom(input: LifecycleInput): LifecycleState {
  if (input.v > inputVersion) throw new Error(`workflow input version ${input.v} is newer than ${inputVersion}`);
  const carried = input.carried?.state;
  if (carried === undefined) return { ...initialState(input.spec, input.revision, input.takeOver ?? false), runs: 1 };
  if (carried.v > stateVersion) throw new Error(`workflow state version ${carried.v} is newer than ${stateVersion}`);
  return { ...carried, newRun: false, rotationsInRun: 0, runs: carried.runs + 1 };
}
