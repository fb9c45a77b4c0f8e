import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import { TokenError } from '../../core/errors.js';
import type { HeldToken } from '../../runtime.js';
import { startProgram, type Child } from '../exec/child.js';
import type { AddCommand } from '../command.js';
import { readTokens, wantedTokens, type TokenValues, type WantedToken } from '../exec/exec-tokens.js';
import { exitCodes } from '../exit-codes.js';
import { HiddenSecrets } from '../exec/mask.js';
import { withNearestKey } from '../nearest-key.js';
import { report } from '../report.js';
import type { Session } from '../session.js';
import { storedTokens } from '../stored-tokens.js';
import { cliSpans } from '../spans.js';

interface Options {
  readonly token: readonly WantedToken[];
  readonly masking: boolean;
  readonly onRenewal: 'ignore' | 'restart' | 'signal';
  readonly signal: NodeJS.Signals;
}

/** Whoever relies on masking has to know its limits. */
const unmasked = `
Masked on stdout and stderr are the values that the program was given, and newer ones, which it may
read in a sink: as they are, a line each, and escaped for JSON or URLs, in hexadecimal, in base64.
The vault is asked for newer ones once a second, Temporal never. Not masked: a newer value in its
first second, and older ones; what a program makes of a value otherwise (a part of it, encrypted,
compressed, broken over lines), what it writes elsewhere than to these two, and anything with
--no-masking.`;

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
      new Option('--on-renewal <what>', 'when a token got a new generation')
        .choices(['ignore', 'restart', 'signal'])
        .default('ignore'),
    )
    .addOption(
      new Option('--signal <name>', 'of --on-renewal signal')
        .choices(['SIGHUP', 'SIGUSR1', 'SIGUSR2'])
        .default('SIGHUP'),
    )
    .option('--no-masking', 'let the program have the terminal, and show what it prints')
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

/** @param secrets - get each value that is read, even where another token has none at the moment */
async function lookOf(
  session: Session,
  wanted: readonly WantedToken[],
  secrets: HiddenSecrets | null,
): Promise<() => Promise<TokenValues>> {
  const tokens = await storedTokens(session, { cacheMs: 0 });
  const get = async (key: string): Promise<HeldToken> => {
    try {
      const held = await tokens.get(key);
      secrets?.add([held.value]);
      return held;
    } catch (error) {
      session.key = key;
      throw error;
    }
  };
  return () => readTokens({ get }, wanted);
}

interface RunOptions extends Options {
  /** null: nothing is masked. */
  readonly secrets: HiddenSecrets | null;
  /** Reads the current values. */
  readonly look: () => Promise<TokenValues>;
}

/** Runs the program until it ends. @returns its exit code, or new values to restart it with */
async function runOnce(
  session: Session,
  [program = '', ...args]: readonly string[],
  values: TokenValues,
  options: RunOptions,
): Promise<number | TokenValues> {
  const { io } = session;
  const { secrets } = options;
  const child = startProgram(io, { program, args, env: { ...io.env, ...values.values }, secrets });
  let isToEnd = false;
  const releaseSignals = io.takeSignals((signal) => {
    isToEnd ||= signal === 'SIGINT' || signal === 'SIGTERM';
    // Ctrl-C reaches the program directly: it shares our terminal.
    if (child.hasExited() || signal !== 'SIGINT' || io.stdin.isTTY !== true) child.signal(signal);
  });
  const over = new AbortController();
  try {
    const isWatched = options.onRenewal !== 'ignore' || secrets !== null;
    const renewed = isWatched ? watch(values, child, options, over.signal) : null;
    const first = await Promise.race([child.ended, ...(renewed === null ? [] : [renewed])]);
    if (typeof first === 'number') return first;
    const exitCode = await stopProgram(child);
    // If it was asked to end meanwhile, it is not restarted.
    return isToEnd ? exitCode : first;
  } finally {
    over.abort();
    releaseSignals();
  }
}

/** Watches for new generations: `signal` signals the program at each, `restart` returns at the first with its values, `ignore` only masks them. */
async function watch(
  values: TokenValues,
  child: Child,
  { onRenewal, signal, look }: RunOptions,
  over: AbortSignal,
): Promise<TokenValues> {
  let known = values.version;
  for (;;) {
    await sleep(cliSpans.renewalLookMs, undefined, { signal: over }).catch(() => {});
    if (over.aborted) return values;
    // A vault that is down for a moment is no reason to touch the program.
    const seen = await look().catch(() => null);
    if (seen === null || seen.version === known) continue;
    known = seen.version;
    if (onRenewal === 'restart') return seen;
    if (onRenewal === 'signal') child.signal(signal);
  }
}

async function stopProgram(child: Child): Promise<number> {
  child.signal('SIGTERM');
  const timer = setTimeout(() => child.signal('SIGKILL'), cliSpans.stopProgramMs);
  const exitCode = await child.ended;
  clearTimeout(timer);
  return exitCode;
}
