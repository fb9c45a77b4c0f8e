import type { Command } from 'commander';

/** A command by its name or an alias, as commander finds it. */
export const findCommand = (parent: Command, name: string): Command | undefined =>
  parent.commands.find((one) => one.name() === name || one.aliases().includes(name));
