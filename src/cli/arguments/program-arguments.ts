import type { Command, Option } from 'commander';
import { findCommand } from './find-command.js';

/**
 * Puts `--` before the program of `exec` where it was left out: commander takes options anywhere, so `sh -c …` would name a configuration,
 * and `--no-masking` of the program would show its secrets.
 */
export function programArguments(program: Command, argv: readonly string[]): readonly string[] {
  let command = program;
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    if (argument === '--') return argv;
    if (argument.startsWith('-') && argument !== '-') {
      if (takesNext([...command.options, ...program.options], argument)) at++;
      continue;
    }
    if (command !== program) return [...argv.slice(0, at), '--', ...argv.slice(at)];
    const named = findCommand(program, argument);
    if (named?.name() !== 'exec') return argv;
    command = named;
  }
  return argv;
}

/** Whether an option's value is the next argument: `-t KEY`, but neither `-tKEY` nor `--token=KEY`. */
const takesNext = (options: readonly Option[], argument: string): boolean =>
  options.some(({ required, short, long }) => required && (argument === short || argument === long));
