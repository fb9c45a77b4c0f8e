import { Argument } from 'commander';
import type { AddCommand } from '../command.js';
import { completionScript, shells, type Shell } from '../completion/completion.js';

const example = `
Example, for this shell alone; the first lines of a script say where to install it:
  source <(tokenkeeper completion bash)`;

export const addCompletion: AddCommand = (program, run) =>
  program
    .command('completion')
    .description('A script that completes commands, options and keys in your shell.')
    .addArgument(new Argument('<shell>', 'yours').choices(shells))
    .addHelpText('after', example)
    .action(
      run(async (session, shell: Shell) => {
        session.io.stdout.write(completionScript(program, shell));
      }),
    );
