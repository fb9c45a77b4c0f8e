import type { Command, Option } from 'commander';
import { firstWords } from '../terminal/words.js';

/** How an option is completed. */
export interface OptionWords {
  /** As written, e.g. `-o`, `--output`. */
  readonly flags: readonly string[];
  /** Its value: none, one of some words, a key, or anything that the shell completes, such as a file. */
  readonly value: 'none' | readonly string[] | 'key' | 'any';
}

/** How a command is completed. */
export interface CommandWords {
  /** Its name, then its aliases. */
  readonly names: readonly string[];
  readonly about: string;
  readonly options: readonly OptionWords[];
  /** Its subcommands. */
  readonly children: readonly string[];
  /** Choices of its argument. */
  readonly choices: readonly string[];
  /** Takes a token's key. */
  readonly takesKey: boolean;
  /** Takes anything that the shell completes: a file, or a program. */
  readonly takesAny: boolean;
}

/** Everything that can be completed. */
export interface ProgramWords {
  readonly commands: readonly CommandWords[];
  readonly globals: readonly OptionWords[];
}

/** Everything that can be completed of a program. */
export function programWords(program: Command): ProgramWords {
  return { commands: program.commands.map(commandWords), globals: program.options.map(optionWords) };
}

function commandWords(command: Command): CommandWords {
  const { commands: children } = command;
  const all = [command, ...children].flatMap((one) => one.registeredArguments);
  return {
    names: [command.name(), ...command.aliases()],
    about: firstWords(command.description()).replaceAll(/['"`$\\]/g, ''),
    options: [command, ...children].flatMap((one) => one.options.map(optionWords)),
    children: children.map((child) => child.name()),
    choices: all.flatMap((argument) => argument.argChoices ?? []),
    takesKey: all.some((argument) => argument.name() === 'key'),
    takesAny: all.some((argument) => ['file', 'command'].includes(argument.name())),
  };
}

function optionWords({ short, long, flags, required, optional, argChoices }: Option): OptionWords {
  const value = argChoices ?? (flags.includes('<key') ? 'key' : 'any');
  return {
    flags: [short, long].filter((flag) => flag != null),
    value: required || optional ? value : 'none',
  };
}
