import { outputOption } from '../arguments/options.js';
import type { AddCommand } from '../command.js';
import type { Finding } from '../doctor/finding.js';
import { exitCodes } from '../exit-codes.js';
import type { JsonRow } from '../views/json-fields.js';

export const addDoctor: AddCommand = (program, run) =>
  program
    .command('doctor')
    .description(
      'Look at everything that tokens need: server, worker, vaults, credentials, sinks. Changes nothing, asks no provider.',
    )
    .addOption(outputOption('table', 'json'))
    .action(
      run(async (session, options: { readonly output: string }) => {
        const { examine } = await import('../doctor/examine.js');
        const { paint } = session;
        const marks: Record<Finding['level'], string> = {
          good: paint.green('✓'),
          warning: paint.yellow('!'),
          bad: paint.red('✗'),
        };
        const findings: Finding[] = [];
        for await (const finding of examine(session)) {
          findings.push(finding);
          if (options.output === 'json') continue;
          session.print(`${marks[finding.level]} ${finding.what}: ${finding.detail}`);
          if (finding.remedy !== null) session.print(`  do: ${finding.remedy}`);
        }
        const count = (level: Finding['level']): number => findings.filter((one) => one.level === level).length;
        if (options.output === 'json') session.printJson(findings.map(findingJson));
        else session.print(`${count('good')} good, ${count('warning')} to look at, ${count('bad')} bad`);
        return count('bad') > 0 ? exitCodes.failed : exitCodes.ok;
      }),
    );

function findingJson({ level, what, detail, remedy }: Finding): JsonRow<'doctor'> {
  return { level, what, detail, do: remedy };
}
