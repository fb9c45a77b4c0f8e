import { changeOf } from '../change-options.js';
import { keyArgument, reasonOption, timeoutOption, type AddCommand } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { Failure } from '../report.js';

interface Options {
  readonly reason?: string;
  readonly timeout: number;
}

export const addReauthorize: AddCommand = (program, run) =>
  program
    .command('reauthorize')
    .description('Go on with the changed first grant of the issuer connection, and give a lost answer up.')
    .argument('<key>', 'the token', keyArgument)
    .addOption(reasonOption())
    .addOption(timeoutOption('2m'))
    .action(
      run(async (session, key: string, options: Options) => {
        session.key = key;
        const client = await session.client();
        const answer = await client.reauthorize(key, { ...changeOf(session, options), deadlineMs: options.timeout });
        const remedy = `tokenkeeper status ${key}`;
        if (answer.status === 'pending') throw new Failure(exitCodes.timedOut, `${key} is being renewed still`, remedy);
        if (answer.status === 'failed') {
          const why = `${answer.message ?? 'no reason'} (${answer.code ?? 'unknown'})`;
          throw new Failure(exitCodes.failed, `${key} was not renewed: ${why}`, remedy);
        }
        session.print(`${key} gen ${answer.generation}: ${answer.sinks} sinks have it`);
      }),
    );
