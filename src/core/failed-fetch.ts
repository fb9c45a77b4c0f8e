/** Codes of the system, TLS and the HTTP client: `ECONNREFUSED`, `CERT_HAS_EXPIRED`, `UND_ERR_SOCKET`. */
const plainCode = /^[A-Z][A-Z0-9_]{2,47}$/;

/**
 * Errors before a connection is established: no address, nobody listens, an untrusted certificate, nobody who speaks this TLS. Not errors
 * that can also end an established one (`ECONNRESET`, `EHOSTUNREACH`, `UND_ERR_SOCKET`).
 */
const beforeConnected =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|ERR_TLS_CERT_ALTNAME_INVALID|ERR_SSL_(WRONG_VERSION_NUMBER|SSLV3_ALERT_HANDSHAKE_FAILURE|TLSV1_ALERT_PROTOCOL_VERSION|TLSV1_UNRECOGNIZED_NAME))$/;

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

/** Whether a failed `fetch` certainly sent nothing. */
export function neverConnected(error: unknown): boolean {
  const cause = causeOf(error);
  const tried: readonly Cause[] = Array.isArray(cause.errors) && cause.errors.length > 0 ? cause.errors : [cause];
  return tried.every(isBeforeConnected);
}

function isBeforeConnected(cause: Cause): boolean {
  return (
    callsBeforeConnected.has(cause.syscall) ||
    beforeConnected.test(codeOf(cause) ?? '') ||
    (cause.code === 'ECONNRESET' && cause.message === beforeTls)
  );
}

/**
 * Why a `fetch` got no answer, to end a message with: ` (ECONNREFUSED)`, or nothing where unknown. Never the error's own message: it may
 * quote an address, and an address may hold a secret.
 */
export function whyFetchFailed(error: unknown): string {
  const code = codeOf(causeOf(error));
  return code === undefined ? '' : ` (${code})`;
}
