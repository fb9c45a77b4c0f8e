export { plural } from '../../core/plural.js';

/** What ending tokens does, to be confirmed. */
export function revokeWords(keys: readonly string[]): string {
  return `revoke ${keys.join(', ')} and empty ${keys.length === 1 ? 'its' : 'their'} sinks`;
}

/** A short form of a fingerprint, for people to compare. */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.length > 8 ? `${fingerprint.slice(0, 4)}…${fingerprint.slice(-2)}` : fingerprint;
}

const namedAtMost = 3;

/** `a, b, c and 4 more`. */
export function someOf(names: readonly string[]): string {
  const rest = names.length - namedAtMost;
  return names.slice(0, namedAtMost).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** The first words of a command's description, for lists with a line for each; its own help shows all. */
export function firstWords(description: string): string {
  return description.split(/[:;.](?: |$)/, 1)[0] ?? description;
}

/** Help for commands that run until they are stopped. Node takes over SIGHUP at its start, so a program can't see that nohup ignored it. */
export const withoutTerminal = (command: string): string =>
  `\nTo go on after the terminal is closed (nohup has no effect on programs of Node):\n  setsid ${command} > log 2>&1 < /dev/null &`;
