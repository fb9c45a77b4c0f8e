import { InvalidArgumentError } from 'commander';

/** Parses one of several paths; an empty one is that of an unset variable. */
export function pathsArgument(text: string, before: readonly string[] | undefined): string[] {
  if (text !== '') return [...(before ?? []), text];
  throw new InvalidArgumentError('It is empty.');
}

/** Parses a name that may not be empty, as that of an unset variable is. */
export function nameArgument(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It is empty.');
}

/** Parses a server's address. */
export function addressArgument(text: string): string {
  const match = /^(?:\[[\da-f:.]+\]|[^\s:/[\]]+)(?::(\d{1,5}))?$/i.exec(text);
  const port = match === null ? 0 : Number(match[1] ?? 7233);
  if (port > 0 && port < 65_536) return text;
  throw new InvalidArgumentError('An address is host:port, such as 127.0.0.1:7233, and no URL.');
}

/** Parses a prefix of workflow ids. */
export function prefixArgument(text: string): string {
  if (isPrefix(text)) return text;
  throw new InvalidArgumentError(`A prefix is ${prefixWords}.`);
}

/** Whether a text may be a prefix of workflow ids; it is also used in queries. */
export const isPrefix = (text: string): boolean => /^[\w.-][\w./-]{0,99}$/.test(text);

/** What `isPrefix` requires, to end a sentence with. */
export const prefixWords = 'at most 100 of a-z A-Z 0-9 . _ - /';
