import type { AddCommand } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import type { Finding } from '../doctor.js';

export const addDoctor: AddCommand = (program, run) =>
  program
    .command('doctor')
    .description('Look at everything that tokens need: server, worker, vaults, credentials, sinks. Changes nothing.')
    .action(
      run(async (session) => {
        const { examine } = await import('../doctor.js');
        const { paint } = session;
        const marks: Record<Finding['level'], string> = {
          good: paint.green('✓'),
          warning: paint.yellow('!'),
          bad: paint.red('✗'),
        };
        const counts = { good: 0, warning: 0, bad: 0 };
        for await (const { level, what, detail, remedy } of examine(session)) {
          counts[level]++;
          session.print(`${marks[level]} ${what}: ${detail}`);
          if (remedy !== null) session.print(`  do: ${remedy}`);
        }
        session.print(`${counts.good} good, ${counts.warning} to look at, ${counts.bad} bad`);
        return counts.bad > 0 ? exitCodes.failed : exitCodes.ok;
      }),
    );
