import { changeOf } from '../requests/change-options.js';
import { reasonOption } from '../arguments/options.js';
import { keyArgument, wholeArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';

export const addAcknowledge: AddCommand = (program, run) =>
  program
    .command('acknowledge')
    .description('A consumer has this generation: said by hand, for a sink that cannot be read back.')
    .argument('<key>', 'the token', keyArgument)
    .argument('<sink>', 'the id of the sink, as status shows it')
    .argument('<generation>', 'what it has', wholeArgument())
    .addOption(reasonOption())
    .action(
      run(async (session, key: string, sink: string, generation: number, options: { readonly reason?: string }) => {
        session.key = key;
        const client = await session.client();
        const answer = await client.acknowledge(key, sink, generation, changeOf(session, options));
        session.print(`${key} gen ${answer.generation}: ${answer.sinks} sinks have it`);
      }),
    );
