/** The fields of each row, or of the one object, that `-o json` prints; listed in docs/cli.md. Fields are only ever added. */
export const jsonFields = {
  apply: ['key', 'action', 'left', 'error'],
  doctor: ['level', 'what', 'detail', 'do'],
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
