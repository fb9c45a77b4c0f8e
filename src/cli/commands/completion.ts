import { Argument } from 'commander';
import type { AddCommand } from '../command.js';
import { completionScript, shells, type Shell } from '../completion/completion.js';

const example = `
Example, in this shell; where a script goes to stay, its first lines say:
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
