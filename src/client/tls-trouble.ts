import { TokenError } from '../core/errors.js';
import { lookAtTls, serverNameOf, type TlsSettings, type TlsSight } from './tls-look.js';

interface Endpoint {
  /** `host:port` */
  readonly address: string;
  /** The name that the server's certificate must be for. */
  readonly serverName: string;
  /** Whether a client certificate is configured. */
  readonly hasCertificate: boolean;
}

interface Trouble {
  /** Codes of Node (https://nodejs.org/api/tls.html#x509-certificate-error-codes) and OpenSSL, whose versions differ in what precedes `ALERT`. */
  readonly codes: RegExp;
  readonly tell: (place: Endpoint, code: string) => TokenError;
}

const profile = 'or tls in a profile of temporal.toml';
const ofCertificate = `TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH, ${profile}`;

const unavailable = (message: string, remedy: string): TokenError =>
  new TokenError('ServerUnavailable', message, { do: remedy });

/** Codes and their meaning. The first matching row counts. */
const troubles: readonly Trouble[] = [
  {
    codes:
      /ALERT_(?:(?:BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_(?:REVOKED|EXPIRED|UNKNOWN|REQUIRED)|UNKNOWN_CA|ACCESS_DENIED)$/,
    tell: certificateRefused,
  },
  {
    // OpenSSL's servers demand a certificate this way in TLS 1.2, but send the same alert where no algorithm fits.
    codes: /ALERT_HANDSHAKE_FAILURE$/,
    tell: (place, code) => (place.hasCertificate ? otherTrouble(place, code) : certificateRefused(place, code)),
  },
  {
    codes: /^CERT_HAS_EXPIRED$/,
    tell: ({ address }) =>
      unavailable(
        `the certificate of Temporal on ${address} has expired`,
        'renew it on the server; if it has not expired, correct the clock of this host',
      ),
  },
  {
    codes: /^CERT_NOT_YET_VALID$/,
    tell: ({ address }) =>
      unavailable(
        `the certificate of Temporal on ${address} is not valid yet`,
        'correct the clock of this host, or of the server',
      ),
  },
  {
    codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    tell: ({ address, serverName }) =>
      unavailable(
        `the certificate of Temporal on ${address} is not for ${serverName}`,
        `set TEMPORAL_TLS_SERVER_NAME to the name that it is for, ${profile}, or correct the address`,
      ),
  },
  {
    codes: /^(?!ERR_)\w*(?:CERT|ISSUER|LEAF_SIGNATURE|INVALID_CA|PATH_LENGTH|INVALID_PURPOSE|CRL)/,
    tell: ({ address }, code) =>
      unavailable(
        `the certificate of Temporal on ${address} is not trusted: ${wordsOf(code)}`,
        `set TEMPORAL_TLS_SERVER_CA_CERT_PATH to the authority that signed it, ${profile}`,
      ),
  },
  {
    codes: /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)$/,
    tell: ({ address }) =>
      unavailable(
        `${address} does not speak TLS`,
        `go there without: TEMPORAL_TLS=false, ${profile}; or correct the address`,
      ),
  },
  { codes: /./, tell: otherTrouble },
];

/**
 * Why TLS with a server fails, from a handshake of our own with the same settings: gRPC says only that it could not connect.
 * @param tls - null where none is configured: then it checks whether the server wants it
 * @param only - `said`: ignore a connection that was merely cut, since the server may be starting
 * @returns TokenError `ServerRefused` where a client certificate is missing or refused, `ServerUnavailable` for the rest; null where TLS
 * is not the trouble, as far as can be seen
 */
export async function findTlsTrouble(
  address: string,
  tls: TlsSettings | null,
  only: 'said' | 'all' = 'all',
): Promise<TokenError | null> {
  // gRPC also accepts address forms that are no URL.
  if (!URL.canParse(`tls://${address}`)) return null;
  const sight = await lookAtTls(address, tls);
  if (only === 'said' && sight.how === 'cut') return null;
  const serverName = serverNameOf(address, tls);
  return tls === null
    ? missingTls(address, sight)
    : troubleOf(sight, { address, serverName, hasCertificate: tls.clientCertPair !== undefined });
}

/** The error that the result of a handshake means; null: none. */
export function troubleOf(sight: TlsSight, place: Endpoint): TokenError | null {
  switch (sight.how) {
    case 'serving':
    case 'unknown':
      return null;
    case 'cut':
      return ofCut(place, sight.isSecure);
    case 'failed':
      return troubles.find(({ codes }) => codes.test(sight.code))?.tell(place, sight.code) ?? null;
  }
}

/** Only a TLS server completes a handshake, or sends an alert. */
function missingTls(address: string, { isSecure, code }: TlsSight): TokenError | null {
  if (!isSecure && !/_ALERT_/.test(code)) return null;
  return unavailable(`${address} speaks TLS, and none is configured`, `set TEMPORAL_TLS=true, ${profile}`);
}

function certificateRefused({ address, hasCertificate }: Endpoint, code: string): TokenError {
  if (!hasCertificate) {
    const message = `Temporal on ${address} demands a client certificate`;
    return new TokenError('ServerRefused', message, { do: `set ${ofCertificate}` });
  }
  const [, alert = ''] = /ALERT_(\w+)$/.exec(code) ?? [];
  const message = `Temporal on ${address} refuses our client certificate: ${wordsOf(alert)}`;
  return new TokenError('ServerRefused', message, { do: `give one that is valid and known there: ${ofCertificate}` });
}

/** Some servers close the connection where others send an alert. After a handshake only the certificate can be the reason. */
function ofCut({ address, hasCertificate }: Endpoint, isSecure: boolean): TokenError {
  const why = hasCertificate ? 'refuse our client certificate' : 'demand a client certificate';
  const remedy = `${hasCertificate ? 'give one that is valid and known there' : 'give one'}: ${ofCertificate}`;
  return isSecure
    ? new TokenError('ServerRefused', `Temporal on ${address} hangs up after the TLS handshake: it seems to ${why}`, {
        do: remedy,
      })
    : unavailable(`Temporal on ${address} hangs up during the TLS handshake: it may ${why}`, remedy);
}

function otherTrouble({ address }: Endpoint, code: string): TokenError {
  return unavailable(
    `TLS with Temporal on ${address} fails: ${wordsOf(code.replace(/^ERR_(?:SSL|TLS)_/, ''))}`,
    `correct TEMPORAL_TLS_*, ${profile}`,
  );
}

/** `SELF_SIGNED_CERT_IN_CHAIN` as people read it. */
const wordsOf = (code: string): string => code.toLowerCase().replaceAll('_', ' ');
