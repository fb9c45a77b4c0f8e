import { z } from 'zod';
import { httpUrl, insecureUrl } from '../common/http-url.js';
import { parseDuration } from '../core/duration.js';
import { TokenError } from '../core/errors.js';
import { Secret } from '../core/secret.js';
import { isTransportAllowed } from '../core/transport.js';
import { secretReference } from '../drivers.js';
import { isClientKey } from './oauth2-client-key.js';

const secret = secretReference().transform((value) => new Secret(value));

/** A private key, as a reference. */
const privateKey = z
  .string()
  .min(1)
  .refine(isClientKey, 'must be a private key, as PEM or JWK')
  .meta({
    secret: true,
    description: 'Private key of the client, as PEM or JWK: RSA of 2048 bits or more, EC, or Ed25519',
  })
  .transform((value) => new Secret(value));

/** `none`: this provider has no such endpoint for us, whatever its discovery says. */
const optionalEndpoint = z
  .union([httpUrl, z.literal('none')], { error: 'must be an http or https URL, or none' })
  .optional();

/** In ms. */
const leeway = z
  .string()
  .regex(/^[1-9][0-9]{0,3}(s|m|h|d)$/)
  .transform((span) => parseDuration(span) ?? 0);

/** What each method authenticates with. */
const credentialOf = {
  client_secret_basic: 'clientSecret',
  client_secret_post: 'clientSecret',
  private_key_jwt: 'clientKey',
  none: undefined,
} as const;

/** The settings of an oauth2 connection, references resolved. */
export const oauth2Connection = z
  .strictObject({
    /** Issuer identifier; its endpoints are discovered (RFC 8414, OpenID Connect Discovery). */
    url: httpUrl.optional(),
    /** Endpoints given here override discovered ones; with `tokenEndpoint` no `url` is needed. */
    tokenEndpoint: httpUrl.optional(),
    introspectionEndpoint: optionalEndpoint,
    revocationEndpoint: optionalEndpoint,
    clientId: z.string().min(1),
    clientSecret: secret.optional(),
    authMethod: z
      .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
      .default('client_secret_basic'),
    /** Of `private_key_jwt`: what signs an assertion for each request (RFC 7523 §2.2). */
    clientKey: privateKey.optional(),
    /** Its `kid` at the provider; of a JWK, its own by default. */
    clientKeyId: z.string().min(1).optional(),
    /** The `aud` of these assertions: `url` by default, or else `tokenEndpoint`, which some providers want in any case (Okta, Entra). */
    assertionAudience: z.string().min(1).optional(),
    /** First grants (refresh tokens), by the names that tokens use. */
    grants: z.record(z.string(), secret).default({}),
    /**
     * How long the provider accepts an already redeemed refresh token: `never` (each works once), `always` (they are not rotated, or old
     * ones live on), or its leeway (Okta, Auth0, Cognito, Curity: grace or overlap period, e.g. `30s`).
     */
    refreshTokenReuse: z
      .union([z.enum(['never', 'always']), leeway], { error: 'must be never, always, or a span such as 30s or 24h' })
      .default('never'),
    /** A refresh ends the access token before it (Hydra, GitHub, django-oauth-toolkit), which otherwise lives on until it expires. */
    refreshEndsOld: z.boolean().default(false),
    /** Allows plain http beyond loopback. */
    allowInsecure: z.boolean().default(false),
    /** When the client secret itself expires; watched by shared code, not used here. */
    credentialExpiresAt: z.union([z.iso.date(), z.iso.datetime({ offset: true })]).optional(),
  })
  .superRefine((settings, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (settings.url === undefined && settings.tokenEndpoint === undefined)
      refuse('url', 'url or tokenEndpoint is needed');
    if (settings.url?.includes('/.well-known/') === true)
      refuse('url', 'must be the issuer itself: leave out /.well-known/ and what follows');
    const needed = credentialOf[settings.authMethod];
    if (needed !== undefined && settings[needed] === undefined)
      refuse(needed, `is needed for authMethod: ${settings.authMethod}; a public client has authMethod: none`);
    if (settings.authMethod !== 'private_key_jwt' && settings.clientKey !== undefined)
      refuse('clientKey', 'belongs to authMethod: private_key_jwt');
    for (const name of ['url', 'tokenEndpoint', 'introspectionEndpoint', 'revocationEndpoint'] as const) {
      const value = settings[name];
      if (value !== undefined && value !== 'none' && !isTransportAllowed(value, settings.allowInsecure)) {
        refuse(name, insecureUrl);
      }
    }
  });

/** Settings of a connection to an authorization server. */
export type OAuth2Connection = z.output<typeof oauth2Connection>;

/** A token's parameters: the grant type, the name of its first grant, what the token is for. */
export const oauth2Parameters = z
  .strictObject({
    grant: z.enum(['client_credentials', 'refresh_token']),
    /** Name of a first grant in `grants` of the connection. */
    initialGrant: z.string().min(1).optional(),
    /** Resource indicator (RFC 8707). */
    resource: z.url().optional(),
    /** The `audience` parameter that some providers want instead. */
    audience: z.string().min(1).optional(),
  })
  .refine((parameters) => parameters.grant === 'refresh_token' || parameters.initialGrant === undefined, {
    path: ['initialGrant'],
    error: 'belongs to grant: refresh_token',
  });

/** A token's parameters, parsed. */
export type OAuth2Parameters = z.output<typeof oauth2Parameters>;

/** The first grant that a token names. @throws TokenError `PolicyDenied` where the connection has none of that name. */
export function firstGrant(connection: OAuth2Connection, { initialGrant }: OAuth2Parameters): Secret | null {
  if (initialGrant === undefined) return null;
  const grant = Object.hasOwn(connection.grants, initialGrant) ? connection.grants[initialGrant] : undefined;
  if (grant === undefined) {
    const names = Object.keys(connection.grants).toSorted();
    throw new TokenError('PolicyDenied', `the issuer connection has no grant named ${JSON.stringify(initialGrant)}`, {
      do:
        names.length === 0
          ? 'declare it in grants of the issuer connection'
          : `declare it, or name one of: ${names.slice(0, 20).join(', ')}`,
    });
  }
  return grant;
}
