import { changeOf } from '../change-options.js';
import { keyArgument, reasonOption, timeoutOption, type AddCommand } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { Failure } from '../report.js';

interface Options {
  readonly sink?: string;
  readonly reason?: string;
  readonly timeout: number;
}

export const addDeliver: AddCommand = (program, run) =>
  program
    .command('deliver')
    .description('Read the vault and every sink again, now, and deliver what lacks. Issues nothing.')
    .argument('<key>', 'the token', keyArgument)
    .option('--sink <id>', 'end the waiting of this sink only')
    .addOption(reasonOption())
    .addOption(timeoutOption('1m'))
    .action(
      run(async (session, key: string, options: Options) => {
        session.key = key;
        const client = await session.client();
        const change = { ...changeOf(session, options), deadlineMs: options.timeout };
        const sink = options.sink === undefined ? {} : { sink: options.sink };
        const answer = await client.deliver(key, { ...change, ...sink });
        if (answer.status === 'pending') {
          throw new Failure(exitCodes.timedOut, `${key} is being delivered still`, `tokenkeeper status ${key}`);
        }
        const { acknowledged, total, generation } = await client.status(key);
        session.print(`${key} gen ${generation}: ${acknowledged}/${total} sinks have it`);
        return acknowledged === total ? exitCodes.ok : exitCodes.unhealthy;
      }),
    );
