import type { Command } from 'commander';
import { exitCodeTable } from '../../src/cli/exit-codes.js';
import { jsonFields, jsonObjectFields } from '../../src/cli/views/json-fields.js';
import { buildProgram } from '../../src/cli/program.js';

const helpWidth = 100;

/** The text of docs/cli.md: every command's help, and what cannot be said in a help. */
export function cliDocs(): string {
  const program = buildProgram(() => async () => {});
  const commands = program.commands.filter((command) => command.name() !== 'help').flatMap(withChildren);
  return `<!-- Written by: npx vitest run test/cli/docs.test.ts -u -->

# Commands

\`\`\`
${helpOf(program)}
\`\`\`

## Exit codes

| code | meaning |
| --- | --- |
${Object.values(exitCodeTable)
  .map(({ code, meaning }) => `| ${code} | ${meaning} |`)
  .join('\n')}

\`exec\` answers with the exit code of the program, or 128 + the signal that ended it. SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2
reach it.

## Environment

| variable | meaning |
| --- | --- |
${environment.map(([name, meaning]) => `| \`${name}\` | ${meaning} |`).join('\n')}

## JSON

\`-o json\` prints one JSON document on stdout and nothing else there; what is done meanwhile goes to stderr. Once it has begun, it stands there also where
the command fails on its way, or is ended by Ctrl-C: with what is known to be done by then. Instants are ISO 8601, spans ms; fields are only ever added.

| command | each row of its array |
| --- | --- |
${Object.entries(jsonFields)
  .map(([name, fields]) => `| \`${name}\` | ${fields.map((field) => `\`${field}\``).join(', ')} |`)
  .join('\n')}

\`error\` is null or \`{ message, code, do }\`, \`sinks\` null or \`{ acknowledged, total }\`. \`action\` is one of, for

- \`apply\`: \`started\`, \`changed\`, \`unchanged\`, \`failed\`; of \`--prune\`: \`revoked\`, \`gone\`, \`emptying\`. \`left\` has the ids of
  sinks that the token no longer names.
- \`import\`: \`import\`, \`replace\`, \`expiry\`, \`same\`, \`refused\`.
- \`plan\`: \`add\`, \`change\`, \`rotate\`, \`same\`, \`undeclared\`, \`leftover\` of a \`sink\`, \`blocked\`.
- \`rotate\`: \`requested\`, \`rotated\` (\`--wait\`: from \`before\` to \`generation\`), \`failed\`.
- \`upgrade\`: \`moved\`, \`asked\`, \`same\`, \`gone\`, \`failed\`; \`rules\` is \`{ before, after }\`.

\`level\` of \`doctor\` is \`good\`, \`warning\` or \`bad\`. A row of \`history\` with the event \`emptied\` has \`sink\`, too.

| command | its one object |
| --- | --- |
${Object.entries(jsonObjectFields)
  .map(([name, fields]) => `| \`${name}\` | ${fields.map((field) => `\`${field}\``).join(', ')} |`)
  .join('\n')}

\`conditions\`, \`generations\`, \`sinks\` and \`left\` of \`status\` are arrays.

Errors go to stderr: \`tokenkeeper: what went wrong (Code)\`, then \`do: what to do\`. Results go to stdout. A reader that
has gone (\`| head\`) ends \`--watch\` alone: every other command goes on without output, and its exit code is its own.
Once \`--watch\` has shown something, it waits for a Temporal or a worker that is away, and says so.

${commands.map((command) => `## ${nameOf(command)}\n\n\`\`\`\n${helpOf(command)}\n\`\`\``).join('\n\n')}
`;
}

const environment: readonly (readonly [name: string, meaning: string])[] = [
  ['TOKENKEEPER_CONFIG', 'files and folders of the configuration, separated by `:` (`;` on Windows)'],
  ['TOKENKEEPER_VAULT_KEY', 'the key of the embedded vault'],
  ['TOKENKEEPER_VAULT_KEY_FILE', 'a file, mode 0600, that holds it; its path starts from the configuration'],
  ['TOKENKEEPER_TASK_QUEUE', 'task queue of the worker'],
  ['TOKENKEEPER_PREFIX', 'prefix of workflow ids'],
  ['TOKENKEEPER_METRICS_ADDR', 'where `worker` and `up` serve metrics: a port of 127.0.0.1, or host:port'],
  ['TOKENKEEPER_UI_URL', 'of the Temporal Web UI, for the links of `status` and `list --web`'],
  ['TOKENKEEPER_DEBUG', 'any text: errors with their stack'],
  ['TEMPORAL_*', 'the connection, as for every Temporal program: address, namespace, API key, TLS, profile'],
  ['TEMPORAL_DEPLOYMENT_NAME', 'Worker Versioning: of which deployment `worker` is'],
  ['TEMPORAL_WORKER_BUILD_ID', 'Worker Versioning: which version of it'],
  ['NO_COLOR', 'any text: no colors'],
  ['FORCE_COLOR', 'any text: colors in a pipe, too; 0: no colors'],
];

function withChildren(command: Command): Command[] {
  return [command, ...command.commands.filter((child) => child.name() !== 'help').flatMap(withChildren)];
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => (text += part),
    getOutHelpWidth: () => helpWidth,
    getOutHasColors: () => false,
  });
  // The global options stand once, at the top.
  if (command.parent !== null) command.configureHelp({ ...command.configureHelp(), showGlobalOptions: false });
  command.outputHelp();
  return text.trimEnd();
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}
