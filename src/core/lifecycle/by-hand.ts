import type { LifecycleState } from './state.js';

/** Whether only a person renews it: its issuer cannot issue values. false: it can, or that is not known yet. */
export const isByHand = ({ capabilities }: Pick<LifecycleState, 'capabilities'>): boolean =>
  capabilities?.mintable === false;

/** Unix ms at which a renewal is due by itself; null: never, or there is no value. */
export function dueAtOf(state: Pick<LifecycleState, 'capabilities' | 'current'>): number | null {
  return isByHand(state) ? null : (state.current?.renewAt ?? null);
}
