import { Option } from 'commander';
import { TokenError } from '../../core/errors.js';
import type { AddCommand } from '../command.js';
import { wantedTokens, type TokenValues, type WantedToken } from '../exec/exec-tokens.js';
import { exitCodes } from '../exit-codes.js';
import { HiddenSecrets } from '../exec/mask.js';
import { lookOf, runOnce, type RenewalOptions } from '../exec/run-once.js';
import { withNearestKey } from '../nearest-key.js';
import { report } from '../report.js';
import type { Session } from '../session.js';
import { cliSpans } from '../spans.js';
import { tellProblems } from '../stored-tokens.js';

interface Options extends RenewalOptions {
  readonly token: readonly WantedToken[];
  readonly masking: boolean;
}

/** Whoever is signalled, and reads a file, could read it too early. */
const whenSignalled = `
A new value is in the vault a moment before it is in the sinks: a program that is signalled gets it
by tokenkeeper get, not from a sink. Who reads a file can be signalled by that sink instead (after).`;

/** Whoever relies on masking has to know its limits. */
const unmasked = `
Masked on stdout and stderr are the values that the program was given, and newer ones, which it may
read in a sink: as they are, a line each, and escaped for JSON or URLs, in hexadecimal, in base64.
The vault is asked for newer ones once a second, Temporal never. Not masked: a newer value in its
first second, older ones, and one that a thousand newer ones have followed; what a program makes of
a value otherwise (a part of it, encrypted, compressed, broken over lines), what it writes elsewhere
than to these two, and anything with --no-masking.`;

export const addExec: AddCommand = (program, run) =>
  program
    .command('exec')
    .alias('run')
    .description('Run a program with tokens in its environment. Its exit code is ours; its output is masked.')
    .argument('<command...>', 'the program and its arguments, after --')
    .addOption(
      new Option(
        '-t, --token <key[=VARIABLE]>',
        'a token, several times; default variable: CRM_EXPORT of production/crm-export',
      )
        .argParser(wantedTokens)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--on-renewal <what>',
        `when a token got a new value; restart: SIGTERM, SIGKILL after ${cliSpans.stopProgramMs / 1_000} s, likewise for what it started, then with the new value`,
      )
        .choices(['ignore', 'restart', 'signal'])
        .default('ignore'),
    )
    .addOption(
      new Option('--signal <name>', 'of --on-renewal signal')
        .choices(['SIGHUP', 'SIGUSR1', 'SIGUSR2'])
        .default('SIGHUP'),
    )
    .option('--no-masking', 'let the program have the terminal, and show what it prints')
    .addHelpText('after', whenSignalled)
    .addHelpText('after', unmasked)
    .addHelpText('after', '\nExample:\n  tokenkeeper exec -t production/ci-bot=GITLAB_TOKEN -- ./nightly.sh')
    .action(
      run(async (session, command: string[], options: Options) => {
        const secrets = options.masking ? new HiddenSecrets() : null;
        let look: () => Promise<TokenValues>;
        let values: TokenValues;
        try {
          look = await lookOf(session, options.token, secrets);
          values = await look();
          await tellProblems(session);
        } catch (error) {
          return failAsOurs(session, error);
        }
        // Up to here Ctrl-C ends us; from here on it is for the program.
        if (session.io.stop.aborted) return exitCodes.interrupted;
        session.handlesStop = true;
        for (;;) {
          const ended = await runOnce(session, command, values, { ...options, secrets, look });
          if (typeof ended === 'number') return ended;
          values = ended;
        }
      }),
    );

/** An error before the program runs has its own exit code, to be told from the program's. */
async function failAsOurs(session: Session, error: unknown): Promise<number> {
  const { io, key } = session;
  const named = await withNearestKey(error, session, key);
  if (!(named instanceof TokenError)) throw named;
  report(named, io, key);
  return exitCodes.execFailed;
}
