import { importPKCS8 } from 'jose';
import * as oauth from 'oauth4webapi';
import { readClientKey } from './oauth2-client-key.js';
import type { OAuth2Connection } from './oauth2-settings.js';

/**
 * How our client authenticates (RFC 6749 §2.3, RFC 7523 §2.2).
 * @param skewMs - tells the provider's clock less ours, in ms, as far as it is known
 */
export async function clientAuthOf(connection: OAuth2Connection, skewMs: () => number): Promise<oauth.ClientAuth> {
  const { authMethod, clientSecret, clientKey } = connection;
  if (authMethod === 'private_key_jwt' && clientKey !== undefined)
    return signedBy(clientKey.reveal(), connection, skewMs);
  if (authMethod === 'none' || clientSecret === undefined) return oauth.None();
  const secret = clientSecret.reveal();
  return authMethod === 'client_secret_post' ? oauth.ClientSecretPost(secret) : clientSecretBasic(secret);
}

/**
 * Basic authentication with both parts form-encoded (RFC 6749 §2.3.1), but only what must be: whoever decodes reads the rest as it is, and
 * some providers do not decode, where the library's `%2D` for a hyphen would be another client. A space is `%20`, which all who decode
 * read: `+` stays a plus where only percent signs are decoded.
 */
function clientSecretBasic(secret: string): oauth.ClientAuth {
  return (_server, { client_id: id }, _body, headers) => {
    headers.set('authorization', `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}`);
  };
}

/** An assertion of its own for each request, good for a minute by the provider's clock. */
async function signedBy(
  clientKey: string,
  { url, tokenEndpoint, clientKeyId, assertionAudience }: OAuth2Connection,
  skewMs: () => number,
): Promise<oauth.ClientAuth> {
  const { pem, alg, kid = clientKeyId } = readClientKey(clientKey);
  const key = await importPKCS8(pem, alg);
  const authenticate = oauth.PrivateKeyJwt(kid === undefined ? { key } : { key, kid }, {
    [oauth.modifyAssertion]: (_header, payload) => {
      // Optional, and refused where a clock is a second behind.
      delete payload['nbf'];
      // Without metadata the provider's identifier is not known.
      const audience = assertionAudience ?? (url === undefined ? tokenEndpoint : undefined);
      if (audience !== undefined) payload['aud'] = audience;
    },
  });
  return (server, client, body, headers) =>
    authenticate(server, { ...client, [oauth.clockSkew]: Math.round(skewMs() / 1_000) }, body, headers);
}
