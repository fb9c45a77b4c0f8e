import { changeOf } from '../requests/change-options.js';
import { reasonOption, timeoutOption } from '../arguments/options.js';
import { keyArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { Failure } from '../report.js';
import { failedAnswer } from '../requests/update-answers.js';
import { behindLines } from '../views/status-sinks.js';

interface Options {
  readonly sink?: string;
  readonly reason?: string;
  readonly timeout: number;
}

export const addDeliver: AddCommand = (program, run) =>
  program
    .command('deliver')
    .description('Read the vault and every sink again, now, and deliver what is missing. Issues nothing.')
    .argument('<key>', 'the token', keyArgument)
    .option('--sink <id>', 'of the sinks that wait for their next try, only this one')
    .addOption(reasonOption())
    .addOption(timeoutOption('1m'))
    .action(
      run(async (session, key: string, options: Options) => {
        session.key = key;
        const client = await session.client();
        const change = { ...changeOf(session, options), deadlineMs: options.timeout };
        const answer = await client.deliver(key, { ...change, sink: options.sink });
        if (answer.status === 'pending') {
          throw new Failure(exitCodes.timedOut, `${key} is still being delivered`, `tokenkeeper status ${key}`);
        }
        if (answer.status === 'failed') throw failedAnswer(key, 'deliver', 'could not be looked at', answer);
        const status = await client.status(key);
        const { acknowledged, total, generation, conditions } = status;
        if (status.current === null) {
          const ready = conditions.find(({ type }) => type === 'Ready');
          session.print(`${key} has no value to deliver: ${ready?.message ?? status.state}`);
          if (ready?.do != null) session.print(`do: ${ready.do}`);
          return exitCodes.unhealthy;
        }
        session.print(`${key} gen ${generation}: ${acknowledged}/${total} sinks have it`);
        if (acknowledged === total) return exitCodes.ok;
        const remedy = conditions.find(({ type }) => type === 'Delivered')?.do;
        session.print(...behindLines(status, Date.now()), ...(remedy == null ? [] : [`do: ${remedy}`]));
        return exitCodes.unhealthy;
      }),
    );
