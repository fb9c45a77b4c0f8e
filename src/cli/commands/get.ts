import { outputOption } from '../arguments/options.js';
import { keyArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';
import { wrongUsage } from '../report.js';
import { storedTokens, tellProblems } from '../stored-tokens.js';
import { isoOrNull } from '../terminal/time-words.js';
import type { JsonObjectOf } from '../views/json-fields.js';

interface Options {
  readonly show?: true;
  readonly output: string;
}

export const addGet: AddCommand = (program, run) =>
  program
    .command('get')
    .description('The current value on stdout, for a program. Reads the vault; needs no Temporal.')
    .argument('<key>', 'the token', keyArgument)
    .option('--show', 'also onto a terminal')
    .addOption(outputOption('value', 'json'))
    .action(
      run(async (session, key: string, options: Options) => {
        session.key = key;
        if (session.io.stdout.isTTY === true && options.show !== true) {
          throw wrongUsage(
            'a secret is not shown on a terminal',
            `give --show, or hand it to a program: tokenkeeper exec -t ${key} -- COMMAND`,
          );
        }
        const { value, generation, expiresAt } = await (await storedTokens(session, [key])).get(key);
        await tellProblems(session);
        const shown: JsonObjectOf<'get'> = { key, value, generation, expiresAt: isoOrNull(expiresAt) };
        if (options.output === 'json') session.printJson(shown);
        else session.io.stdout.write(`${value}\n`); // byte for byte
      }),
    );
