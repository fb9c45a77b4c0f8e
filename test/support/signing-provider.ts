import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { createAdapter } from '../../demo/provider/adapter.js';
import { Provider } from '../../demo/provider/quiet-oidc-provider.js';
import { openStore } from '../../demo/provider/store.js';

/** A real oidc-provider on loopback whose client `tokenkeeper` signs its requests with one of these keys. */
export async function startSigningProvider(keys: JWK[]): Promise<{ readonly url: string; close(): Promise<void> }> {
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const store = openStore(undefined);
  const provider = new Provider(url, {
    adapter: createAdapter(store),
    ttl: { ClientCredentials: 60 },
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'ES256' }] },
    cookies: { keys: ['signed'] },
    clientAuthMethods: ['private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'] },
    scopes: ['invoices:read'],
    clients: [
      {
        client_id: 'tokenkeeper',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys },
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        scope: 'invoices:read',
        id_token_signed_response_alg: 'ES256',
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
    },
  });
  provider.silent = true;
  const serve = provider.callback();
  http.on('request', (request, response) => void serve(request, response));
  return {
    url,
    async close() {
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
      store.close();
    },
  };
}
