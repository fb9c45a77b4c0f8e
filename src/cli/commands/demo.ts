import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AddCommand } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { Failure } from '../report.js';
import { withoutTerminal } from '../terminal/words.js';

/** Built next to us in a clone; not part of the package. */
const demoPath = fileURLToPath(new URL('../../../demo/main.js', import.meta.url));
/** The clone: whose tokens.yaml it shows, wherever it is called. */
const cloneDir = fileURLToPath(new URL('../../../..', import.meta.url));

export const addDemo: AddCommand = (program, run) =>
  program
    .command('demo')
    .description('The demo of `npm start`: the same job twice, once with a kept token, once with a pasted one.')
    .addHelpText('after', withoutTerminal('npm start'))
    .action(
      run(async (session) => {
        if (!existsSync(demoPath)) {
          throw new Failure(
            exitCodes.failed,
            'the demo is not part of the package',
            'clone the repository, then: npm start',
          );
        }
        session.handlesStop = true;
        const child = spawn(process.execPath, [demoPath], {
          cwd: cloneDir,
          stdio: 'inherit',
          env: { ...session.io.env },
        });
        // Ctrl-C reaches the child directly, too, where it shares our terminal: it takes two so close together for one.
        const release = session.io.takeSignals((signal) => child.kill(signal));
        session.onClose(async () => release());
        return new Promise<number>((resolve, reject) => {
          child.once('error', () =>
            reject(new Failure(exitCodes.failed, 'the demo did not start', 'npm start, in a clone, says why')),
          );
          child.once('exit', (code) => resolve(code ?? exitCodes.interrupted));
        });
      }),
    );
