/** What a pasted text often has around its token, and hardly any token has itself. The first that fits is told. */
const around: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/^\s|\s$/, 'begins or ends with a blank'],
  [/^(["'`]).*\1[,;]?$/, 'is in quotes'],
  [/^(Bearer|Basic|token) /i, 'begins with the scheme of a header'],
  [/^(export +)?[A-Z][A-Z0-9_]*=[^=]/, 'begins with a name and =, like a line of an environment file'],
];

/** Why a value may not be what was meant, without a part of it; null: nothing is odd. Only a warning: a token may look like that. */
export function doubtOf(value: string): string | null {
  return around.find(([pattern]) => pattern.test(value))?.[1] ?? null;
}
