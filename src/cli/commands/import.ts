import { Option } from 'commander';
import { outputOption, reasonOption } from '../arguments/options.js';
import { instantArgument, keyArgument } from '../arguments/values.js';
import type { AddCommand } from '../command.js';
import { namedTokens } from '../import/named-tokens.js';
import type { ImportSetOptions } from '../import/set.js';
import { type Failure, wrongUsage } from '../report.js';

interface Options extends Omit<ImportSetOptions, 'from'> {
  readonly from?: string;
  /** Unix ms. */
  readonly expiresAt?: number;
}

const examples = `
Examples:
  tokenkeeper import production/ci-bot < token
  tokenkeeper import --from .env -t production/ci-bot=GITLAB_TOKEN -t production/npm=NPM_TOKEN --dry-run
  tokenkeeper import --from tokens.json        # { "production/ci-bot": "value", … }
  sops -d secrets.env | tokenkeeper import --from - --map names.yaml`;

export const addImport: AddCommand = (program, run) =>
  program
    .command('import')
    .description(
      'Take values that you have straight into the vault, and deliver them: one from stdin, or a set. Rotates nothing.',
    )
    .argument('[key]', 'the token whose value comes on stdin; none with --from', keyArgument)
    .addOption(
      new Option('--expires-at <instant>', 'when the one value dies; default: expiresAt of the declaration').argParser(
        instantArgument,
      ),
    )
    .option(
      '--from <file>',
      'a set: dotenv, or a JSON or YAML object of KEY: value or KEY: { value, expiresAt }; - is stdin',
    )
    .addOption(
      new Option(
        '-t, --token <key[=NAME]>',
        'whose value a name of the file holds, several times; default name: CRM_EXPORT of production/crm-export',
      ).argParser(namedTokens),
    )
    .option('--map <file>', 'likewise, as a YAML or JSON object of KEY: NAME')
    .addOption(
      new Option('--format <form>', 'of the file; default: what its name ends with, else dotenv').choices([
        'dotenv',
        'json',
        'yaml',
      ]),
    )
    .option('--replace', 'also where a token of the set has another value already')
    .option('--dry-run', 'check the set, and write nothing')
    .addOption(reasonOption())
    .addOption(outputOption('table', 'json'))
    .addHelpText('after', examples)
    .action(
      run(async (session, key: string | undefined, options: Options) => {
        const { from } = options;
        if (from === undefined) {
          const stray = (['token', 'map', 'format', 'replace', 'dryRun'] as const).find(
            (name) => options[name] !== undefined,
          );
          if (stray === 'replace' && key !== undefined)
            throw usage('--replace is for a set (--from FILE): one KEY replaces what it has anyway');
          if (stray !== undefined) throw usage('a set of tokens needs --from FILE');
          if (key === undefined) throw usage('one value needs its KEY, a set of tokens --from FILE');
          session.key = key;
          const { importOne } = await import('../import/one.js');
          return importOne(session, key, options);
        }
        if (key !== undefined) throw usage('either one KEY, or --from FILE');
        if (options.expiresAt !== undefined)
          throw usage('--expires-at is for one value: write { value, expiresAt } into the file');
        const { importSet } = await import('../import/set.js');
        return importSet(session, { ...options, from });
      }),
    );

const usage = (message: string): Failure => wrongUsage(message, 'tokenkeeper import --help');
