import type { TokenRow } from '../client/list.js';
import { isEnding } from '../core/lifecycle/headline.js';
import { environmentOf } from '../core/key.js';

/** One sample; its labels come after those that name the token. */
interface TokenSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A gauge with series for each token. */
export interface TokenMetric {
  readonly name: string;
  readonly help: string;
  /** In addition to {@link tokenLabels}. */
  readonly labels: readonly string[];
  /** The samples of a row as of now; none where not known. */
  readonly samplesOf: (row: TokenRow) => readonly TokenSample[];
}

/** The labels that every series of a token has. */
export const tokenLabels = ['key', 'environment', 'owner', 'issuer'] as const;

/** Values of the label `condition`, as in Kubernetes and in cert-manager's `_ready_status`. */
const conditionValues = ['True', 'False', 'Unknown'] as const;

const one = (value: number | null): TokenSample[] => (value === null ? [] : [{ labels: {}, value }]);
const secondsOf = (instant: string | null): number | null => (instant === null ? null : Date.parse(instant) / 1_000);

/** The metrics that come from the list of tokens; names and labels follow cert-manager's `certmanager_certificate_*`. */
export const tokenMetrics: readonly TokenMetric[] = [
  {
    name: 'tokenkeeper_token_expiration_timestamp_seconds',
    help: 'When the current generation of the token expires, in Unix seconds. No series: there is none, or it does not expire.',
    labels: [],
    samplesOf: ({ expiresAt }) => one(secondsOf(expiresAt)),
  },
  {
    name: 'tokenkeeper_token_renewal_timestamp_seconds',
    help: 'When the token is due to be renewed, in Unix seconds. No series: it is never due by itself, such as one that a person renews.',
    labels: [],
    samplesOf: ({ renewAt }) => one(secondsOf(renewAt)),
  },
  {
    name: 'tokenkeeper_token_ready_status',
    help: 'Whether the token has a value that lives: 1 for the condition that holds, 0 for the two others. Unknown: the namespace lacks the search attributes.',
    labels: ['condition'],
    samplesOf(row) {
      const holds = readyOf(row);
      return conditionValues.map((condition) => ({ labels: { condition }, value: condition === holds ? 1 : 0 }));
    },
  },
  {
    name: 'tokenkeeper_token_state',
    help: 'The state of the token, the word of `tokenkeeper list`: 1, with the state that holds alone. No series: the namespace lacks the search attributes.',
    labels: ['state'],
    samplesOf({ state }) {
      return state === null ? [] : [{ labels: { state }, value: 1 }];
    },
  },
  {
    name: 'tokenkeeper_sink_generation_lag',
    help: 'How many sinks of the token have not acknowledged its current generation, as last published. It counts sinks, not generations.',
    labels: [],
    samplesOf: ({ sinks }) => one(sinks === null ? null : sinks.total - sinks.acknowledged),
  },
];

/** The Ready condition of `tokenkeeper status`, as far as the list tells. */
function readyOf({ state, generation }: TokenRow): (typeof conditionValues)[number] {
  if (state === null) return 'Unknown';
  return !generation || state === 'expired' || isEnding(state) ? 'False' : 'True';
}

/** The labels of a row's token. */
export function labelsOf({ key, owner, issuer }: TokenRow): Record<(typeof tokenLabels)[number], string> {
  return { key, environment: environmentOf(key), owner: owner ?? '', issuer: issuer ?? '' };
}
