import {
  defineIssuer,
  issuerAbortError,
  readRetryAfter,
  Secret,
  secretReference,
  TokenError,
  z,
  type DriverDeps,
  type HeldRequest,
  type Issuer,
} from 'temporal-tokenkeeper';

const connection = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  adminKey: secretReference('API key that may mint').transform((value) => new Secret(value)),
});
const parameters = z.strictObject({ project: z.string().regex(/^[a-z0-9-]+$/) });
const found = z.object({ id: z.string() });
const answer = z.object({ id: z.string(), token: z.string(), expires_in: z.number().optional() });

type Connection = z.output<typeof connection>;
type Parameters = z.output<typeof parameters>;

/** Project tokens of Acme. */
export const acme = defineIssuer({
  name: 'acme',
  connection,
  parameters,
  open: async (settings: Connection, deps) => openAcme(settings, deps),
  isAuthenticationFailure: ({ status }) => status === 401,
});

function openAcme({ url, adminKey }: Connection, deps: DriverDeps): Issuer<Parameters> {
  /** @returns what was asked for; null: it does not exist */
  async function call(
    method: string,
    path: string,
    signal: AbortSignal,
    content?: object,
  ): Promise<{ readonly body: unknown } | null> {
    const type = content && { 'content-type': 'application/json' };
    const headers = { authorization: `Bearer ${adminKey.reveal()}`, ...type };
    const body = content && { body: JSON.stringify(content) };
    const [response, told] = await deps
      .fetch(new URL(path, url), { method, headers, signal, redirect: 'error', ...body })
      // An unread body would keep its connection open.
      .then(async (response) => [response, await response.json().catch(nullIfNoJson)] as const)
      .catch(() => {
        throw signal.aborted
          ? issuerAbortError(signal, 'acme')
          : new TokenError('ProviderUnavailable', 'acme: no answer');
      });
    if (response.ok) return { body: told };
    if (response.status === 404) return null;
    throw await errorOf(response, deps);
  }
  /** The path of a token; an imported value has no handle and is looked up by itself. @returns null: acme knows no such token */
  async function pathOf({ value, handle, signal }: HeldRequest<Parameters>): Promise<string | null> {
    if (handle !== null) return `/tokens/${encodeURIComponent(handle)}`;
    const looked = await call('POST', '/lookup', signal, { token: value.reveal() });
    if (looked === null) return null;
    const parsed = found.safeParse(looked.body);
    if (!parsed.success) throw new TokenError('UnexpectedAnswer', 'acme answered something that is no id');
    return `/tokens/${encodeURIComponent(parsed.data.id)}`;
  }
  return {
    capabilities: () => ({ mintable: true, reissue: 'A', replayWindowMs: 0, overlap: true, retire: 'revoke' }),
    async issue({ parameters: { project }, signal }) {
      const requestedAt = await deps.now();
      const minted = await call('POST', `/projects/${project}/tokens`, signal);
      if (minted === null) throw new TokenError('InvalidRequest', `acme has no project ${project}`);
      const parsed = answer.safeParse(minted.body);
      if (!parsed.success) throw new TokenError('UnexpectedAnswer', 'acme answered something that is no token');
      const { id, token, expires_in: expiresInS } = parsed.data;
      return { value: new Secret(token), handle: id, requestedAt, expiresInS };
    },
    async verify(request) {
      const path = await pathOf(request);
      const lives = path !== null && (await call('GET', path, request.signal)) !== null;
      return lives ? { active: true, method: 'lookup', claims: {} } : { active: false, method: 'lookup' };
    },
    probe: async () => 'unknown',
    async revoke(request) {
      // A token that is already gone counts as revoked.
      const path = await pathOf(request);
      if (path !== null) await call('DELETE', path, request.signal);
    },
  };
}

/** The error of an answer that is neither yes nor no: it must not be taken for one. */
async function errorOf({ status, headers }: Response, deps: DriverDeps): Promise<TokenError> {
  if (status === 401) return new TokenError('InvalidClient', 'acme does not accept the admin key');
  if (status === 403) return new TokenError('ProviderRefused', 'acme does not allow the admin key to do this');
  const message = `acme answered ${status}`;
  if (status >= 500) return new TokenError('ProviderUnavailable', message);
  if (status !== 429) return new TokenError('UnexpectedAnswer', message);
  return new TokenError('RateLimited', message, { retryAfterMs: readRetryAfter(headers, await deps.now()) });
}

function nullIfNoJson(error: unknown): null {
  if (error instanceof SyntaxError) return null;
  throw error;
}
