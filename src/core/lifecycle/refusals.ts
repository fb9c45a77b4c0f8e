import { errorTable, isErrorCode, TokenError } from '../errors.js';
import type { Verb } from './events.js';
import { isByHand, type Renewable } from './renewal.js';

/** The words of a refusal. */
export interface RefusalWords {
  /** Why, as the end of a sentence. */
  readonly says: string;
  /** What to do next, one line. */
  readonly do: string;
}

/** Every reason in a request, or in its token's state, to refuse it. */
export const refusalTable = {
  BadRequest: {
    says: 'a field of the request is missing or malformed',
    do: 'send it by a client of the same version as the worker',
  },
  Closing: {
    says: 'the token is being ended',
    do: 'wait until it has ended, then, to keep it anew: tokenkeeper apply; a revoke that cannot end is given up by: tokenkeeper forget KEY',
  },
  UnknownGeneration: {
    says: 'the token has not come to that generation',
    do: 'see which one it is on: tokenkeeper status KEY',
  },
  Fine: {
    says: 'the provider has just accepted this generation',
    do: 'look for another cause, such as a permission that it lacks; if it must be replaced: tokenkeeper rotate KEY',
  },
  JustReplaced: {
    says: 'its value was just replaced on such a report, and its provider cannot tell whether that was to blame',
    do: 'look for another cause, such as a permission that it lacks; if it must be replaced: tokenkeeper rotate KEY',
  },
  OldRevision: {
    says: 'the token was changed by somebody else meanwhile',
    do: 'see what differs: tokenkeeper plan; then do it again',
  },
  UnknownSink: {
    says: 'the token has no sink of that name',
    do: 'see its sinks: tokenkeeper status KEY',
  },
  VaultChanged: {
    says: 'a token does not move to another vault: its values would stay in the old one',
    do: 'tokenkeeper forget KEY, then: tokenkeeper apply --take-over',
  },
  Paused: { says: 'the token is paused', do: 'tokenkeeper resume KEY' },
  NotMintable: { says: 'its issuer cannot issue values', do: errorTable.NotMintable.do },
} as const satisfies Record<string, RefusalWords>;

/** Why a request is refused, where the token itself has no problem. */
export type RefusalCode = keyof typeof refusalTable;

/** Whether a report was refused because the token is not to blame, as far as can be told. */
export const isAcquittal = (refusal: string): boolean => refusal === 'Fine' || refusal === 'JustReplaced';

/** The only sinks that a `configure` request names are those to empty. */
const unknownToEmpty: RefusalWords = {
  says: 'a sink that is to be emptied is in use, or never was one of the token',
  do: 'see which ones it left: tokenkeeper status KEY',
};

/** The words of a refusal. @param code - of the table above, or of the problem that a person has to solve first */
export function refusalWords(verb: string, code: string): RefusalWords {
  if (verb === 'configure' && code === 'UnknownSink') return unknownToEmpty;
  if (Object.hasOwn(refusalTable, code)) return refusalTable[code as RefusalCode];
  return {
    says: 'a person has to decide first',
    do: isErrorCode(code) ? errorTable[code].do : errorTable.RequestRefused.do,
  };
}

/** What people call a request; a verb that is not here is shown as it is. */
const names: Readonly<Record<string, string>> = {
  rotateNow: 'rotate',
  reportFailure: 'report',
  configure: 'change',
} satisfies Partial<Record<Verb, string>>;

/** The sentence of a refusal. */
export function refusalMessage(verb: string, code: string): string {
  return `${names[verb] ?? verb} refused: ${refusalWords(verb, code).says}`;
}

/** A request that was refused; `message` and `do` are words for people. */
export class RequestRefused extends TokenError {
  constructor(
    readonly verb: string,
    /** Why: a `RefusalCode` such as `Paused`, or the code of the problem that a person has to solve first. */
    readonly refusal: string,
    /** The current generation. */
    readonly generation: number,
  ) {
    super('RequestRefused', refusalMessage(verb, refusal), { do: refusalWords(verb, refusal).do });
  }
}

/** Why a requested rotation would never begin, by a token's state or its status; null: it may. */
export function rotationRefusal(token: { readonly pause: object | null } & Renewable): RefusalCode | null {
  if (token.pause !== null) return 'Paused';
  return isByHand(token) ? 'NotMintable' : null;
}
