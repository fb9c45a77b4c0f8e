import { InvalidArgumentError } from 'commander';
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

/** Values for a program's environment, and their generations. */
export interface TokenValues {
  readonly values: Readonly<Record<string, string>>;
  /** Differs when any value does. */
  readonly version: string;
}

/** The current values. @throws TokenError `NotKept`, `TokenExpired`, and those of the vault */
export async function readTokens(tokens: Pick<Tokens, 'get'>, wanted: readonly WantedToken[]): Promise<TokenValues> {
  const held = await Promise.all(
    wanted.map(async ({ key, variable }) => ({ key, variable, token: await tokens.get(key) })),
  );
  return {
    values: Object.fromEntries(held.map(({ variable, token }) => [variable, token.value])),
    version: held.map(({ key, token }) => `${key}:${token.generation}`).join(' '),
  };
}
