import { userInfo } from 'node:os';
import { Option } from 'commander';
import { TokenError } from '../../core/errors.js';
import { environmentOf } from '../../core/key.js';
import { currentOf, type VaultRecord } from '../../core/record.js';
import type { TokenSpec } from '../../core/spec.js';
import { instantArgument, keyArgument, type AddCommand } from '../command.js';
import { readSecret } from '../read-secret.js';
import { Failure } from '../report.js';
import { exitCodes } from '../exit-codes.js';
import type { Session } from '../session.js';
import { clockWords } from '../time-words.js';
import { shortFingerprint } from '../words.js';

interface Options {
  readonly expiresAt?: number;
}

export const addImport: AddCommand = (program, run) =>
  program
    .command('import')
    .description('Take a value that you have, from stdin, straight into the vault, and deliver it. Rotates nothing.')
    .argument('<key>', 'the token', keyArgument)
    .addOption(
      new Option('--expires-at <instant>', 'when the value dies; default: expiresAt of the declaration').argParser(
        instantArgument,
      ),
    )
    .addHelpText('after', '\nExample:\n  tokenkeeper import production/ci-bot < token')
    .action(
      run(async (session, key: string, options: Options) => {
        session.key = key;
        const { config } = await session.config();
        const spec = config.tokens.find((one) => one.key === key);
        if (spec === undefined) throw new TokenError('NotKept', `${key} is not declared`);
        const expiresAt = options.expiresAt ?? spec.expiresAt;
        if (expiresAt !== null && expiresAt <= Date.now()) {
          throw new Failure(
            exitCodes.usage,
            `${key} would be dead on arrival: it expired ${new Date(expiresAt).toISOString()}`,
            'give --expires-at, or correct expiresAt of the declaration',
          );
        }
        const imported = await storeValue(session, spec, expiresAt);
        session.print(importedWords(key, imported, Date.now()));
        await deliver(session, key);
      }),
    );

/** Straight from stdin into the vault. */
async function storeValue(session: Session, spec: TokenSpec, expiresAt: number | null): Promise<VaultRecord> {
  const [{ importValue }, { updateRecord }, { driverOf }, connections] = await Promise.all([
    import('../../core/import-value.js'),
    import('../../activities/store.js'),
    import('../driver-of.js'),
    session.connections(),
  ]);
  const vault = await connections.vault(spec.vault, environmentOf(spec.key));
  const secret = await readSecret(session.io, `value of ${spec.key} (not shown): `);
  const now = Date.now();
  const value = { value: secret.reveal(), fingerprint: vault.fingerprint(secret.reveal()), issuedAt: now, expiresAt };
  const issuer = { connection: spec.issuer, driver: driverOf(connections.config, spec.issuer) };
  return updateRecord(vault, spec.key, (record) => {
    const next = importValue(record, { value, now, actor: userInfo().username });
    // Tells a job what a dead token looks like.
    return next === record || next.issuer !== null ? next : { ...next, issuer };
  });
}

function importedWords(key: string, record: VaultRecord, now: number): string {
  const current = currentOf(record);
  if (current === null) return `${key}: imported`;
  const expires = current.expiresAt === null ? 'never expires' : `expires ${clockWords(current.expiresAt, now)}`;
  return `${key} gen ${current.generation} imported, fp ${shortFingerprint(current.fingerprint)}, ${expires}`;
}

/** A workflow that runs already adopts it now; another one will at its start. */
async function deliver(session: Session, key: string): Promise<void> {
  try {
    const client = await session.client();
    await client.deliver(key, { reason: 'Imported', signal: session.io.stop });
    const { acknowledged, total } = await client.status(key);
    session.print(`delivered ${acknowledged}/${total}`);
  } catch (error) {
    const notYet = error instanceof TokenError && (error.code === 'NotKept' || error.code === 'ServerUnavailable');
    if (!notYet) throw error;
    session.print('nothing keeps it yet; next: tokenkeeper apply');
  }
}
