/** Codes of the system, TLS and the HTTP client: `ECONNREFUSED`, `CERT_HAS_EXPIRED`, `UND_ERR_SOCKET`, `ERR_SSL_SSL/TLS_ALERT_…`. */
const plainCode = /^[A-Z][A-Z0-9_/]{2,47}$/;

/**
 * Errors before a connection is established: no address, nobody listens, no way through the proxy, an untrusted certificate, nobody who
 * speaks this TLS (OpenSSL's versions name some of them differently). Not errors that can also end an established one (`ECONNRESET`,
 * `EHOSTUNREACH`, `UND_ERR_SOCKET`).
 */
const beforeConnected: readonly RegExp[] = [
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|UND_ERR_PRX_\w+)$/,
  /^(CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|INVALID_CA|ERR_TLS_CERT_ALTNAME_INVALID)$/,
  /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|(SSLV3|SSL\/TLS)_ALERT_HANDSHAKE_FAILURE)$/,
  /^ERR_SSL_TLSV1_(UNRECOGNIZED_NAME|ALERT_(PROTOCOL_VERSION|INSUFFICIENT_SECURITY|NO_APPLICATION_PROTOCOL))$/,
];

/** Words of Node's `fetch`, without a code of their own, where a proxy does not open the way to the host. */
const proxyRefusal = /^Proxy response \((\d{3})\)/;

/** System calls before a connection is established: they fail with codes that can also end an established one. */
const callsBeforeConnected = new Set<unknown>(['getaddrinfo', 'connect']);

/** Node's own words, where a connection ended before TLS was ready; the code is that of an established one. */
const beforeTls = 'Client network socket disconnected before secure TLS connection was established';

/** The part of an error that is read here. */
interface Cause {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly message?: unknown;
  /** Where several addresses were tried. */
  readonly errors?: unknown;
}

const causeOf = (error: unknown): Cause => (error instanceof Error ? ((error.cause ?? error) as Cause) : {});

/** The code of a failed `fetch`, which is in its error's cause; undefined: none. */
function codeOf({ code }: Cause): string | undefined {
  return typeof code === 'string' && plainCode.test(code) ? code : undefined;
}

/** The status with which a proxy refused a tunnel; its error is the cause of the cause. */
function proxyStatusOf(error: unknown): string | undefined {
  const { message } = causeOf(causeOf(error));
  return typeof message === 'string' ? proxyRefusal.exec(message)?.[1] : undefined;
}

/** Whether a failed `fetch` certainly sent nothing. */
export function neverConnected(error: unknown): boolean {
  if (proxyStatusOf(error) !== undefined) return true;
  const cause = causeOf(error);
  const tried: readonly Cause[] = Array.isArray(cause.errors) && cause.errors.length > 0 ? cause.errors : [cause];
  return tried.every(isBeforeConnected);
}

function isBeforeConnected(cause: Cause): boolean {
  return (
    callsBeforeConnected.has(cause.syscall) ||
    beforeConnected.some((codes) => codes.test(codeOf(cause) ?? '')) ||
    (cause.code === 'ECONNRESET' && cause.message === beforeTls)
  );
}

/**
 * Why a `fetch` got no answer, to end a message with: ` (ECONNREFUSED)`, or nothing where unknown. Never the error's own message: it may
 * quote an address, and an address may hold a secret.
 */
export function whyFetchFailed(error: unknown): string {
  const proxyStatus = proxyStatusOf(error);
  if (proxyStatus !== undefined) return ` (the proxy answered ${proxyStatus})`;
  const code = codeOf(causeOf(error));
  return code === undefined ? '' : ` (${code})`;
}

/** What people can do about a code that does not pass by itself. */
const remedies: readonly (readonly [codes: RegExp, remedy: string])[] = [
  [/^ENOTFOUND$/, 'correct the address, if it is wrong; else it is retried until the name is known'],
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/,
    'where an authority of your own signed its certificate: name its file in NODE_EXTRA_CA_CERTS, and start again',
  ],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, 'renew its certificate; if that is valid, correct the clock of this host'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'correct the address: its certificate is for another name'],
  [/^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/, 'correct the address: nobody speaks TLS there'],
];

/** What to do about a failed `fetch`; undefined: nothing but to try again. */
export function remedyOfFetch(error: unknown): string | undefined {
  if (proxyStatusOf(error) !== undefined) return 'let the proxy open the way there, or name the host in NO_PROXY';
  const code = codeOf(causeOf(error)) ?? '';
  return remedies.find(([codes]) => codes.test(code))?.[1];
}
