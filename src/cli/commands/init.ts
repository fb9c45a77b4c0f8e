import { rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { amended, TokenError } from '../../core/errors.js';
import { isKey, segmentWords } from '../../core/key.js';
import { isTransportAllowed } from '../../core/transport.js';
import { systemCodeOf } from '../../core/unexpected.js';
import type { AddCommand } from '../command.js';
import { askPerson } from '../terminal/confirm.js';
import { exitCodes } from '../exit-codes.js';
import { firstConfig, type FirstToken } from '../init/first-config.js';
import { hideFromGit, makeFolder, makeStateFolder, unwritable } from '../own-folders.js';
import { Failure, wrongUsage } from '../report.js';
import type { Session } from '../session.js';
import { userName } from '../../common/user-name.js';

export const addInit: AddCommand = (program, run) =>
  program
    .command('init')
    .description('Write a first tokens.yaml and make its vault. Asks; with --yes it takes an example.')
    .option('-y, --yes', 'do not ask')
    .action(
      run(async (session, options: { readonly yes?: true }) => {
        const file = session.paths[0] ?? 'tokens.yaml';
        await requireNew(file);
        const schema = join(dirname(file), 'tokens.schema.json');
        const { requireReplaceable, schemaText, writeSchema } = await import('../config-schema.js');
        await requireReplaceable(schema);
        const token = options.yes === true ? exampleToken() : await askForToken(session);
        const folder = dirname(file);
        const values = join(folder, 'run');
        // First what may fail: with a tokens.yaml, the next init would refuse to run.
        await makeFolder(folder, 0o755);
        if (await makeFolder(values, 0o700)) await hideFromGit(values);
        await makeStateFolder(folder);
        await writeNew(file, firstConfig(token));
        await writeSchema(schema, await schemaText([file]));
        session.print(`wrote ${file}, and ${schema} for editors`);
        const { initVault } = await import('../local-vaults.js');
        const { path, keyPlace } = await initVault(session, undefined).catch(throwWithNext);
        session.print(`made the vault ${path}; its key: ${keyPlace}`);
        const first = token.oauth2 === null ? `tokenkeeper import ${token.key} < FILE` : 'export IDP_CLIENT_SECRET=…';
        session.print('next:', `  ${first}`, '  tokenkeeper up', '  tokenkeeper doctor        # in a second shell');
      }),
    );

/** Init has written its files by now, and would refuse to run again. */
function throwWithNext(error: unknown): never {
  throw error instanceof TokenError ? amended(error, { do: `${error.do}; then: tokenkeeper vault init` }) : error;
}

const exampleToken = (): FirstToken => ({ key: 'production/ci-bot', owner: userName(), oauth2: null });

const exampleUrl = 'https://idp.example.com';

/** Whether the first configuration would take it. */
const isAddress = (url: string): boolean => URL.canParse(url) && isTransportAllowed(url, false);

async function askForToken(session: Session): Promise<FirstToken> {
  if (session.io.stdin.isTTY !== true) {
    throw wrongUsage('nobody is there to be asked', 'give --yes for an example');
  }
  const example = exampleToken();
  const withDefault = async (question: string, fallback: string): Promise<string> =>
    (await askPerson(session, `${question} [${fallback}] `)) || fallback;
  let key = await withDefault('First token, <environment>/<name>', example.key);
  while (!isKey(key)) key = await withDefault(`<environment>/<name>, each of ${segmentWords}`, example.key);
  const owner = await withDefault('Whose is it', example.owner);
  let mints = await withDefault('Does an OAuth 2 server issue it (y), or do you paste it once in a while (n)', 'n');
  while (!/^(y|yes|n|no)$/i.test(mints)) mints = await withDefault('y or n', 'n');
  if (/^n/i.test(mints)) return { key, owner, oauth2: null };
  let url = await withDefault('URL of the server', exampleUrl);
  while (!isAddress(url)) url = await withDefault('An https URL, or http of this machine', exampleUrl);
  const clientId = await withDefault('Client id', 'tokenkeeper');
  const scopes = (await askPerson(session, 'Scopes, separated by blanks [none] '))
    .split(/\s+/)
    .filter((scope) => scope !== '');
  return { key, owner, oauth2: { url, clientId, scopes } };
}

/** Checked before any question is asked. @throws Failure where the file exists */
async function requireNew(file: string): Promise<void> {
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (isThere) throw existsFailure(file);
}

const existsFailure = (file: string): Failure =>
  new Failure(exitCodes.failed, `${file} exists`, 'name another: --config, or edit it');

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EEXIST') throw existsFailure(file);
    // A full disk leaves an empty file, which would stop the next init.
    if (code === 'ENOSPC') await rm(file, { force: true });
    throw unwritable(file, code);
  }
}
