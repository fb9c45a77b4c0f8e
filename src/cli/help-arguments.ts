import type { Command } from 'commander';

/**
 * What `help NAME...` means, said by `--help`: commander shows the help of a name that it does not know as the whole list, without a
 * word on why, and forgets the second of two names.
 */
export function helpArguments(program: Command, argv: readonly string[]): readonly string[] {
  const [first, ...names] = argv;
  if (first !== 'help' || names.length === 0) return argv;
  let command = program;
  for (const [at, name] of names.entries()) {
    const child = command.commands.find((one) => one.name() === name || one.aliases().includes(name));
    // A name that is none is told as in a command line; what follows a command's own name is nothing to ask about.
    if (child === undefined)
      return command.commands.length > 0 ? names.slice(0, at + 1) : [...names.slice(0, at), '--help'];
    command = child;
  }
  return [...names, '--help'];
}
