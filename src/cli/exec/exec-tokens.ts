import { InvalidArgumentError } from 'commander';
import { createHash } from 'node:crypto';
import type { Tokens } from '../../runtime.js';
import { variableOf } from '../../sinks/variable-of.js';
import { namedKey } from '../arguments/values.js';

/** A token, and the variable in which a program gets it. */
export interface WantedToken {
  readonly key: string;
  readonly variable: string;
}

/** Parses `-t KEY` and `-t KEY=VARIABLE`, several times. */
export function wantedTokens(text: string, before: readonly WantedToken[] | undefined): WantedToken[] {
  const { key, name } = namedKey(text);
  const wanted = { key, variable: name ?? variableOf(key) };
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(wanted.variable))
    throw new InvalidArgumentError('That is no name of a variable.');
  if (before?.some((one) => one.variable === wanted.variable) === true) {
    throw new InvalidArgumentError(`${wanted.variable} is there already; name another: KEY=VARIABLE.`);
  }
  return [...(before ?? []), wanted];
}

/** Values for a program's environment. */
export interface TokenValues {
  readonly values: Readonly<Record<string, string>>;
  /** Differs when any value does; not with its generation alone: a provider may give the same value again. */
  readonly version: string;
}

/** The current values. @throws TokenError `NotKept`, `TokenExpired`, and those of the vault */
export async function readTokens(tokens: Pick<Tokens, 'get'>, wanted: readonly WantedToken[]): Promise<TokenValues> {
  const held = await Promise.all(wanted.map(async ({ key, variable }) => [variable, (await tokens.get(key)).value]));
  return {
    values: Object.fromEntries(held) as Record<string, string>,
    version: createHash('sha256').update(JSON.stringify(held)).digest('base64'),
  };
}
