/** Codes of the system, TLS and the HTTP client: `ECONNREFUSED`, `CERT_HAS_EXPIRED`, `UND_ERR_SOCKET`. */
const plainCode = /^[A-Z][A-Z0-9_]{2,47}$/;

/**
 * Errors before a connection is established: no address, nobody listens, an untrusted certificate. Not errors that can also end an
 * established one (`ECONNRESET`, `EHOSTUNREACH`, `UND_ERR_SOCKET`).
 */
const beforeConnected =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|ERR_TLS_CERT_ALTNAME_INVALID)$/;

/** The code of a failed `fetch`, which is in its error's cause; undefined: none. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = (error.cause ?? error) as { readonly code?: unknown };
  return typeof code === 'string' && plainCode.test(code) ? code : undefined;
}

/** Whether a failed `fetch` certainly sent nothing. */
export function neverConnected(error: unknown): boolean {
  return beforeConnected.test(codeOf(error) ?? '');
}

/**
 * Why a `fetch` got no answer, to end a message with: ` (ECONNREFUSED)`, or nothing where unknown. Never the error's own message: it may
 * quote an address, and an address may hold a secret.
 */
export function whyFetchFailed(error: unknown): string {
  const code = codeOf(error);
  return code === undefined ? '' : ` (${code})`;
}
