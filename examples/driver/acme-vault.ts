import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomBytes,
  randomUUID,
  type KeyObject,
} from 'node:crypto';
import {
  defineVault,
  readRetryAfter,
  Secret,
  secretReference,
  TokenError,
  z,
  type DriverDeps,
  type Vault,
} from 'temporal-tokenkeeper';

const connection = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  apiKey: secretReference('API key that may write documents').transform((value) => new Secret(value)),
  key: secretReference('what seals the documents: 32 random bytes as base64url').transform(keyOf),
});
/** All that Acme sees of a document, apart from its name. */
const sealedDocument = z.object({ revision: z.int().positive(), sealed: z.base64() });
const identity = z.object({ id: z.uuid(), fingerprintKey: z.base64() });
const names = z.array(z.string());

type Connection = z.output<typeof connection>;

/** Documents in Acme's store, sealed before they leave this process; for workers on any number of hosts. */
export const acmeVault = defineVault({
  name: 'acme-vault',
  connection,
  open: async (settings: Connection, deps) => openVault(settings, deps),
});

async function openVault({ url, apiKey, key }: Connection, deps: DriverDeps): Promise<Vault> {
  let isClosed = false;

  /** @returns what was asked for; null: it does not exist, or the condition in `headers` does not hold */
  async function call(path: string, init: Init, signal?: AbortSignal): Promise<Answer | null> {
    if (signal?.aborted) throw new TokenError('Cancelled', 'acme: the call was cancelled');
    if (isClosed) throw new TokenError('VaultUnavailable', 'acme: the vault is closed');
    const headers = { ...init.headers, authorization: `Bearer ${apiKey.reveal()}` };
    const [response, text] = await deps
      .fetch(new URL(path, url), { ...init, headers, signal: signal ?? null, redirect: 'error' })
      // An unread body would keep its connection open.
      .then(async (response) => [response, await response.text()] as const)
      .catch(() => {
        throw signal?.aborted
          ? new TokenError('Cancelled', 'acme: the call was cancelled')
          : new TokenError('VaultUnavailable', 'acme: no answer');
      });
    if (response.ok) return { etag: response.headers.get('etag'), text };
    if (response.status === 412 || (response.status === 404 && init.method !== 'PUT')) return null;
    throw await errorOf(response, deps);
  }

  async function find(place: Place, signal?: AbortSignal): Promise<Found | null> {
    const answer = await call(place.path, {}, signal);
    if (answer === null) return null;
    const { etag } = answer;
    if (etag === null)
      throw new TokenError('VaultUnsupported', 'acme tells no ETag, so that no write could be compared');
    const { revision, sealed } = parsed(sealedDocument, answer.text);
    return { etag, revision, text: unseal(key, { ...place, revision }, sealed) };
  }

  /** @param over - the document to replace; null: nothing may be there @returns whether it was written */
  async function put(place: Place, text: string, over: Found | null, signal?: AbortSignal): Promise<boolean> {
    const revision = (over?.revision ?? 0) + 1;
    const body = JSON.stringify({ revision, sealed: seal(key, { ...place, revision }, text) });
    const headers = { ...conditionOf(over), 'content-type': 'application/json' };
    return (await call(place.path, { method: 'PUT', headers, body }, signal)) !== null;
  }

  /** Created by the first process to open the vault, the same for all later ones. */
  async function identify(): Promise<z.output<typeof identity>> {
    const place = { vaultId: '', path: '/vault' };
    const made = { id: randomUUID(), fingerprintKey: randomBytes(32).toString('base64') };
    let found = await find(place);
    if (found === null && (await put(place, JSON.stringify(made), null))) return made;
    found ??= await find(place);
    if (found === null) throw new TokenError('VaultUnavailable', 'acme: the vault is being removed');
    return parsed(identity, found.text);
  }

  const { id, fingerprintKey } = await identify().catch((error: unknown) => {
    if (!(error instanceof TokenError) || error.code !== 'VaultDamaged') throw error;
    throw new TokenError('VaultWrongKey', 'acme: the vault was made with another key, or its identity was changed');
  });
  const hmacKey = createSecretKey(fingerprintKey, 'base64');
  const placeOf = (name: string): Place => ({ vaultId: id, path: `/documents/${encodeURIComponent(name)}` });

  return {
    id,
    async read(name, signal) {
      const found = await find(placeOf(name), signal);
      return found && { revision: found.revision, text: found.text };
    },
    async compareAndSet(name, expectedRevision, text, signal) {
      const found = await find(placeOf(name), signal);
      if ((found?.revision ?? 0) !== expectedRevision) return null;
      // Acme compares again, by the ETag: of all writers that reach this line with the same revision, one succeeds.
      return (await put(placeOf(name), text, found, signal)) ? expectedRevision + 1 : null;
    },
    async list(prefix, signal) {
      const answer = await call(`/documents?prefix=${encodeURIComponent(prefix)}`, {}, signal);
      if (answer === null) throw new TokenError('VaultUnavailable', 'acme has no documents there');
      return parsed(names, answer.text).sort();
    },
    async remove(name, expectedRevision, signal) {
      const found = await find(placeOf(name), signal);
      if (found?.revision !== expectedRevision) return false;
      const init: Init = { method: 'DELETE', headers: conditionOf(found) };
      return (await call(placeOf(name).path, init, signal)) !== null;
    },
    fingerprint: (secret) => createHmac('sha256', hmacKey).update(secret).digest('hex').slice(0, 16),
    close: async () => void (isClosed = true),
  };
}

interface Init {
  readonly method?: 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
interface Answer {
  readonly etag: string | null;
  readonly text: string;
}
/** A decrypted document. */
interface Found extends Answer {
  readonly etag: string;
  readonly revision: number;
}
interface Place {
  readonly vaultId: string;
  readonly path: string;
}
/** What a seal is bound to: a document moved to another vault, name or revision does not open. */
interface SealedPlace extends Place {
  readonly revision: number;
}

/** RFC 9110 §13: the store refuses the write if somebody else has written meanwhile. */
const conditionOf = (over: Found | null): Record<string, string> =>
  over === null ? { 'if-none-match': '*' } : { 'if-match': over.etag };

function keyOf(text: string, context: z.RefinementCtx): KeyObject {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length === 32) return createSecretKey(bytes);
  context.addIssue({ code: 'custom', message: 'is not 32 bytes as base64url (43 characters)' });
  return z.NEVER;
}

const boundTo = ({ vaultId, path, revision }: SealedPlace): Buffer =>
  Buffer.from(JSON.stringify([vaultId, path, revision]));

function seal(key: KeyObject, place: SealedPlace, text: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(boundTo(place));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
}

function unseal(key: KeyObject, place: SealedPlace, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(boundTo(place)).setAuthTag(bytes.subarray(12, 28));
    return decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    throw new TokenError('VaultDamaged', `acme: ${place.path} does not open: it was changed, or moved there`, {
      do: restore,
    });
  }
}

const restore = 'restore it from a backup of acme’s; then: tokenkeeper rotate KEY';

function parsed<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new TokenError('VaultDamaged', 'acme answered something that is no document of a vault', { do: restore });
  }
}

/** The error of an answer that is neither yes nor no: it must not be taken for "nothing is there". */
async function errorOf({ status, headers }: Response, deps: DriverDeps): Promise<TokenError> {
  if (status === 401 || status === 403)
    return new TokenError('VaultLocked', 'acme does not accept the API key', { do: 'correct apiKey of the vault' });
  const retryAfterMs = readRetryAfter(headers, await deps.now());
  return new TokenError('VaultUnavailable', `acme answered ${status}`, { retryAfterMs });
}
