import { Command, type Argument } from 'commander';
import type { AddCommand, RunAction } from './command.js';
import { addAcknowledge } from './commands/acknowledge.js';
import { addApply } from './commands/apply.js';
import { addCompletion } from './commands/completion.js';
import { addDeliver } from './commands/deliver.js';
import { addDemo } from './commands/demo.js';
import { addDoctor } from './commands/doctor.js';
import { addEject, addForget } from './commands/forget.js';
import { addExec } from './commands/exec.js';
import { addGet } from './commands/get.js';
import { addHistory } from './commands/history.js';
import { addImport } from './commands/import.js';
import { addInit } from './commands/init.js';
import { addList } from './commands/list.js';
import { addPause } from './commands/pause.js';
import { addPlan } from './commands/plan.js';
import { addReauthorize } from './commands/reauthorize.js';
import { addResume } from './commands/resume.js';
import { addRevoke } from './commands/revoke.js';
import { addRotate } from './commands/rotate.js';
import { addSchema } from './commands/schema.js';
import { addStatus } from './commands/status.js';
import { addUp } from './commands/up.js';
import { addUpgrade } from './commands/upgrade.js';
import { addVault } from './commands/vault.js';
import { addWorker } from './commands/worker.js';
import { addressArgument, nameArgument, pathsArgument, prefixArgument } from './arguments/connection-options.js';
import { firstWords } from './terminal/words.js';
import { packageVersion } from './version.js';

/** Commands under their headings, in the order of the help. */
const groups: readonly (readonly [title: string, commands: readonly AddCommand[]])[] = [
  ['Run:', [addUp, addWorker, addUpgrade, addDemo]],
  ['Begin:', [addInit, addDoctor, addSchema, addCompletion]],
  ['Declare:', [addPlan, addApply, addImport]],
  ['See:', [addList, addStatus, addHistory]],
  ['Use:', [addExec, addGet]],
  ['Change:', [addRotate, addPause, addResume, addDeliver, addAcknowledge, addReauthorize]],
  ['End:', [addRevoke, addForget, addEject]],
  ['Vault:', [addVault]],
];

/** All commands; their code is loaded only when they run. */
export function buildProgram(run: RunAction): Command {
  const program = new Command('tokenkeeper')
    .description('Keeps API tokens alive: issued, proven, delivered, renewed before they expire.')
    .version(packageVersion())
    .option(
      '-c, --config <path>',
      'file or folder of the configuration, several times; TOKENKEEPER_CONFIG; tokens.yaml',
      pathsArgument,
    )
    .option(
      '--address <host:port>',
      'of Temporal; TEMPORAL_ADDRESS, a profile, the server of `up`, 127.0.0.1:7233',
      addressArgument,
    )
    .option('--namespace <name>', 'of Temporal; TEMPORAL_NAMESPACE, a profile, default', nameArgument)
    .option('--profile <name>', 'of temporal.toml; TEMPORAL_PROFILE', nameArgument)
    .option('--task-queue <name>', 'of the worker; TOKENKEEPER_TASK_QUEUE, tokenkeeper', nameArgument)
    .option('--prefix <text>', 'of workflow ids; TOKENKEEPER_PREFIX, tokenkeeper', prefixArgument)
    .configureHelp({
      showGlobalOptions: true,
      subcommandDescription: (command) => firstWords(command.description()),
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(termOf)].join(' '),
    })
    .showSuggestionAfterError();
  for (const [title, commands] of groups) {
    program.commandsGroup(title);
    for (const add of commands) add(program, run);
  }
  return program;
}

function termOf(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}
