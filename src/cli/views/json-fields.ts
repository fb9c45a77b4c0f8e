/** The fields of each row that `-o json` prints; listed in docs/cli.md. Fields are only ever added. */
export const jsonFields = {
  apply: ['key', 'action', 'left', 'error'],
  doctor: ['level', 'what', 'detail', 'do'],
  history: ['at', 'event', 'generation', 'reason', 'actor'],
  import: ['key', 'from', 'action', 'generation', 'expiresAt', 'lacks', 'error', 'done', 'sinks'],
  list: ['key', 'state', 'generation', 'expiresAt', 'renewAt', 'sinks', 'owner', 'issuer'],
  plan: ['key', 'action', 'words', 'sink'],
  rotate: ['key', 'action', 'before', 'generation', 'expiresAt', 'sinks', 'tookMs', 'error'],
  upgrade: ['key', 'action', 'rules', 'error'],
} as const satisfies Record<string, readonly string[]>;

/** A row with exactly the fields listed for its command. */
export type JsonRow<Name extends keyof typeof jsonFields> = Readonly<
  Record<(typeof jsonFields)[Name][number], unknown>
>;

/** The fields of the one object that other commands print. */
export const jsonObjectFields = {
  get: ['key', 'value', 'generation', 'expiresAt'],
  'import KEY': ['key', 'generation', 'fingerprint', 'expiresAt', 'sinks', 'lacks'],
  status: [
    'key',
    'state',
    'generation',
    'expiresAt',
    'renewAt',
    'owner',
    'issuer',
    'vault',
    'vaultId',
    'mintable',
    'conditions',
    'generations',
    'sinks',
    'left',
    'acknowledged',
    'total',
    'problem',
    'failures',
    'retryAt',
    'pause',
    'doubt',
    'closing',
    'runbook',
    'workflow',
  ],
} as const satisfies Record<string, readonly string[]>;

/** An object with exactly the fields listed for its command. */
export type JsonObjectOf<Name extends keyof typeof jsonObjectFields> = Readonly<
  Record<(typeof jsonObjectFields)[Name][number], unknown>
>;
