import {
  defineIssuer,
  issuerAbortError,
  Secret,
  secretReference,
  TokenError,
  z,
  type DriverDeps,
  type Issuer,
} from 'temporal-tokenkeeper';

const connection = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  adminKey: secretReference('API key that may mint').transform((value) => new Secret(value)),
});
const parameters = z.strictObject({ project: z.string().regex(/^[a-z0-9-]+$/) });
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
  async function call(method: string, path: string, signal: AbortSignal): Promise<Response> {
    const headers = { authorization: `Bearer ${adminKey.reveal()}` };
    const response = await deps.fetch(new URL(path, url), { method, headers, signal, redirect: 'error' }).catch(() => {
      throw signal.aborted
        ? issuerAbortError(signal, 'acme')
        : new TokenError('ProviderUnavailable', 'acme: no answer');
    });
    if (response.status === 401) throw new TokenError('InvalidClient', 'acme does not accept the admin key');
    if (response.status >= 500) throw new TokenError('ProviderUnavailable', `acme answered ${response.status}`);
    return response;
  }
  return {
    capabilities: () => ({ mintable: true, reissue: 'A', replayWindowMs: 0, overlap: true, retire: 'revoke' }),
    async issue({ parameters: { project }, signal }) {
      const requestedAt = await deps.now();
      const response = await call('POST', `/projects/${project}/tokens`, signal);
      const parsed = answer.safeParse(await response.json().catch(() => null));
      if (!parsed.success) throw new TokenError('UnexpectedAnswer', 'acme answered something that is no token');
      const { id, token, expires_in: expiresInS } = parsed.data;
      return { value: new Secret(token), handle: id, requestedAt, expiresInS };
    },
    async verify({ handle, signal }) {
      const { status } = await call('GET', `/tokens/${handle}`, signal);
      return status === 200 ? { active: true, method: 'lookup', claims: {} } : { active: false, method: 'lookup' };
    },
    probe: async () => 'unknown',
    async revoke({ handle, signal }) {
      await call('DELETE', `/tokens/${handle}`, signal);
    },
  };
}
