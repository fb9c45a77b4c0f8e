import type { Command, CommanderError } from 'commander';
import { actionRunner, Interrupted } from './command.js';
import { exitCodes } from './exit-codes.js';
import { helpArguments } from './arguments/help-arguments.js';
import { programArguments } from './arguments/program-arguments.js';
import type { Io } from './io.js';
import { buildProgram } from './program.js';
import { report } from './report.js';

/** Runs one command line (without node and script). Never throws and never exits the process. @returns the exit code */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = exitCodes.ok;
  let about: string | null = null;
  const program = buildProgram(
    actionRunner(io, (code, key) => {
      exitCode = code;
      about = key;
    }),
  );
  speakThrough(io, program);
  try {
    if (argv.length === 0) program.help();
    await program.parseAsync([...programArguments(program, helpArguments(program, argv))], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof Interrupted) return exitCodes.interrupted;
    return report(error, io, about);
  }
}

/** Sends help to stdout and errors to stderr in our format; nothing exits. */
function speakThrough(io: Io, program: Command): void {
  const commands = [program, ...descendants(program)];
  for (const command of commands) {
    command.exitOverride((error: CommanderError) => {
      throw error;
    });
    command.configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) => write(complaint(text, nameOf(command))),
    });
  }
}

function complaint(text: string, command: string): string {
  const message = text
    .replace(/^error: /, '')
    .trim()
    .replaceAll('\n', ' ');
  return `tokenkeeper: ${message}\ndo: ${command} --help\n`;
}

function descendants(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...descendants(child)]);
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}
