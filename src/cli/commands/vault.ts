import { resolve } from 'node:path';
import { Interrupted, type AddCommand } from '../command.js';
import { confirm } from '../terminal/confirm.js';
import { plural } from '../terminal/words.js';

// What copies a vault or writes a key does it to its end: Ctrl-C would leave a copy, or a key in the clear, beside the vault.
const nameArgument = ['[vault]', 'its name in the configuration; default: the only one'] as const;

const addInit: AddCommand = (vault, run) =>
  vault
    .command('init')
    .description('Make a vault and its key, unless it is there.')
    .argument(...nameArgument)
    .action(
      run(async (session, name: string | undefined) => {
        const { initVault } = await import('../local-vaults.js');
        const { id, path, keyPlace, created } = await initVault(session, name);
        session.print(`${created ? 'made' : 'there already'}: vault ${id} at ${path}, its key: ${keyPlace}`);
      }),
    );

const addCheck: AddCommand = (vault, run) =>
  vault
    .command('check')
    .description('Read a whole vault and open every document.')
    .argument(...nameArgument)
    .action(
      run(async (session, name: string | undefined) => {
        const { checkEmbeddedVault, findLocalVault } = await import('../local-vaults.js');
        const { settings, deps } = await findLocalVault(session, name);
        const { id, path, documents } = await checkEmbeddedVault(settings, deps);
        session.print(`sound: vault ${id} at ${path}, ${plural(documents, 'document')}`);
      }),
    );

const addRekey: AddCommand = (vault, run) =>
  vault
    .command('rekey')
    .description('Seal a vault with a new key, while workers go on. Backups made before need the retired key.')
    .argument(...nameArgument)
    .action(
      run(async (session, name: string | undefined) => {
        const { findLocalVault, rekeyEmbeddedVault } = await import('../local-vaults.js');
        const { settings, deps } = await findLocalVault(session, name);
        const { id, kid, documents, retiredKeys } = await session.uninterrupted(() =>
          rekeyEmbeddedVault(settings, deps),
        );
        session.print(`rekeyed: vault ${id}, key id ${kid}, ${plural(documents, 'document')} sealed anew`);
        session.print(
          retiredKeys === null
            ? 'now remove the old key from its place; backups made before need it'
            : `the old key is kept in ${retiredKeys}: backups made before need it, destroy it with the last of them`,
        );
      }),
    );

const addBackup: AddCommand = (vault, run) =>
  vault
    .command('backup')
    .description('Copy a vault, as of one moment, into a new file; it opens with the same key.')
    .argument('<file>', 'where to')
    .argument(...nameArgument)
    .action(
      run(async (session, file: string, name: string | undefined) => {
        const { backupEmbeddedVault, findLocalVault } = await import('../local-vaults.js');
        const { settings, deps } = await findLocalVault(session, name);
        const { path, documents } = await session.uninterrupted(() =>
          backupEmbeddedVault(settings, deps, resolve(file)),
        );
        session.print(`backed up: ${plural(documents, 'document')} in ${path}; keep the key elsewhere`);
      }),
    );

const addRestore: AddCommand = (vault, run) =>
  vault
    .command('restore')
    .description('Put a backup in the place of a vault. Tokens renewed since then need a person, or are issued anew.')
    .argument('<file>', 'the backup')
    .argument(...nameArgument)
    .option('-y, --yes', 'do not ask')
    .action(
      run(async (session, file: string, name: string | undefined, options: { readonly yes?: true }) => {
        const { checkBackup, findLocalVault, restoreEmbeddedVault } = await import('../local-vaults.js');
        const { settings, deps } = await findLocalVault(session, name);
        await session.uninterrupted(() => checkBackup(settings, deps, resolve(file)));
        if (session.io.stop.aborted) throw new Interrupted();
        const place = resolve(deps.baseDir, settings.path);
        await confirm(session, `replace the vault at ${place} by ${file}`, options.yes === true);
        const { path, documents, movedTo } = await session.uninterrupted(() =>
          restoreEmbeddedVault(settings, deps, resolve(file)),
        );
        session.print(`restored: ${plural(documents, 'document')} in ${path}`);
        if (movedTo !== null) session.print(`what stood there is in ${movedTo}`);
        session.print(
          'next: tokenkeeper deliver KEY for each token, which looks at the vault at once: until then it seems well, and get and exec hand out what the backup holds; status KEY says what to do',
          'where Temporal was put back to an older time, too, nobody knows of newer values: do not deliver, renew: rotate, reauthorize or import KEY',
        );
      }),
    );

export const addVault: AddCommand = (program, run) => {
  const vault = program.command('vault').description('Embedded vaults: make, check, rekey, back up, restore.');
  for (const add of [addInit, addCheck, addRekey, addBackup, addRestore]) add(vault, run);
};
