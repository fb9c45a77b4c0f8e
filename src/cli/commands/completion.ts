import { Argument } from 'commander';
import type { AddCommand } from '../command.js';
import { completionScript, shells, type Shell } from '../completion.js';

export const addCompletion: AddCommand = (program, run) =>
  program
    .command('completion')
    .description('A script that completes commands, options and keys in your shell.')
    .addArgument(new Argument('<shell>', 'yours').choices(shells))
    .action(
      run(async (session, shell: Shell) => {
        session.io.stdout.write(completionScript(program, shell));
      }),
    );
