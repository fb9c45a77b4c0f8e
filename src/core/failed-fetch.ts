/** Codes of the system, of TLS and of the HTTP client: `ECONNREFUSED`, `CERT_HAS_EXPIRED`, `UND_ERR_SOCKET`. */
const plainCode = /^[A-Z][A-Z0-9_]{2,47}$/;

/**
 * Why a `fetch` got no answer, as the end of a message: ` (ECONNREFUSED)`, or nothing where it does not say. `fetch` hides the code in
 * its error's cause. Never the message beside it: that may quote an address, and an address may hold a secret.
 */
export function whyFetchFailed(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code } = (error.cause ?? error) as { readonly code?: unknown };
  return typeof code === 'string' && plainCode.test(code) ? ` (${code})` : '';
}
