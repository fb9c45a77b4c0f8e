import { changeOf } from '../requests/change-options.js';
import { reasonOption, timeoutOption } from '../arguments/options.js';
import { keyArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';
import { requireRotated } from '../requests/update-answers.js';

interface Options {
  readonly reason?: string;
  readonly timeout: number;
}

export const addReauthorize: AddCommand = (program, run) =>
  program
    .command('reauthorize')
    .description('Go on with the changed first grant of the issuer connection, and stop waiting for a lost answer.')
    .argument('<key>', 'the token', keyArgument)
    .addOption(reasonOption())
    .addOption(timeoutOption('2m'))
    .action(
      run(async (session, key: string, options: Options) => {
        session.key = key;
        const client = await session.client();
        const answer = await client.reauthorize(key, { ...changeOf(session, options), deadlineMs: options.timeout });
        requireRotated(key, answer);
        const [served, total] = answer.sinks.split('/');
        const rest = served === total ? '' : `; delivery goes on, see: tokenkeeper status ${key}`;
        session.print(`${key} gen ${answer.generation} is issued: ${answer.sinks} sinks have it${rest}`);
      }),
    );
