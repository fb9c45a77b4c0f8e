/** The same for what the client alone has. */
import type { TokenKeeperClient, TokenSpec, TokenStatus } from 'temporal-tokenkeeper/client';

export const partsOf = ({ parameters, renewBefore, sinks }: TokenSpec) => ({ parameters, renewBefore, sink: sinks[0] });
export const acknowledge = (client: TokenKeeperClient) => client.acknowledge('dev/a', 'files', 1);
export const status = (client: TokenKeeperClient) => client.status('dev/a');
export const { stateOf, phaseOf, rowsOf, conditionsOf, currentOf, previousOf, pendingOf, leftOf } = {
  stateOf: (s: TokenStatus) => s.state,
  phaseOf: (s: TokenStatus) => s.phase,
  rowsOf: (s: TokenStatus) => s.sinks,
  conditionsOf: (s: TokenStatus) => s.conditions,
  currentOf: (s: TokenStatus) => s.current,
  previousOf: (s: TokenStatus) => s.previous,
  pendingOf: (s: TokenStatus) => s.pending,
  leftOf: (s: TokenStatus) => s.left,
};
export const { problemOf, stalledOf, pauseOf, closingOf, wantedOf, answersOf } = {
  problemOf: (s: TokenStatus) => s.problem,
  stalledOf: (s: TokenStatus) => s.stalled,
  pauseOf: (s: TokenStatus) => s.pause,
  closingOf: (s: TokenStatus) => s.closing,
  wantedOf: (s: TokenStatus) => s.wanted,
  answersOf: (s: TokenStatus) => s.answers,
};
export const outcomesOf = (s: TokenStatus) => s.answers.map(({ outcome }) => outcome);
