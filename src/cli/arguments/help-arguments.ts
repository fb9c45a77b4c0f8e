import type { Command } from 'commander';
import { findCommand } from './find-command.js';

/**
 * Translates `help NAME...` to `--help`: for an unknown name commander shows the whole list without an explanation, and it ignores the
 * second of two names.
 */
export function helpArguments(program: Command, argv: readonly string[]): readonly string[] {
  const [first, ...names] = argv;
  if (first !== 'help' || names.length === 0) return argv;
  let command = program;
  for (const [at, name] of names.entries()) {
    const child = findCommand(command, name);
    // An unknown name is reported as in a command line; arguments after a command's name are ignored.
    if (child === undefined)
      return command.commands.length > 0 ? names.slice(0, at + 1) : [...names.slice(0, at), '--help'];
    command = child;
  }
  return [...names, '--help'];
}
