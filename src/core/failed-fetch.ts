/** Codes of the system, of TLS and of the HTTP client: `ECONNREFUSED`, `CERT_HAS_EXPIRED`, `UND_ERR_SOCKET`. */
const plainCode = /^[A-Z][A-Z0-9_]{2,47}$/;

/**
 * Codes of what ends before a connection stands: no address, nobody listens, a certificate that is not believed. Not among them what can
 * also end one that stands (`ECONNRESET`, `EHOSTUNREACH`, `UND_ERR_SOCKET`).
 */
const beforeConnected =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|ERR_TLS_CERT_ALTNAME_INVALID)$/;

/** The code of a `fetch` that failed, which it hides in its error's cause; undefined where there is none. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = (error.cause ?? error) as { readonly code?: unknown };
  return typeof code === 'string' && plainCode.test(code) ? code : undefined;
}

/** Whether a `fetch` that failed is known to have sent nothing. */
export function neverConnected(error: unknown): boolean {
  return beforeConnected.test(codeOf(error) ?? '');
}

/**
 * Why a `fetch` got no answer, as the end of a message: ` (ECONNREFUSED)`, or nothing where it does not say. Never the message beside the
 * code: that may quote an address, and an address may hold a secret.
 */
export function whyFetchFailed(error: unknown): string {
  const code = codeOf(error);
  return code === undefined ? '' : ` (${code})`;
}
