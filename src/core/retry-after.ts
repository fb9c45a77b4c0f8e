/** Headers of an answer, as `fetch` gives them. */
export interface AnswerHeaders {
  get(name: string): string | null;
}

/**
 * Retry-After in ms from now, as seconds or as an HTTP date (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3), the latter by the
 * server's own clock where it tells it; undefined: none that can be read. How long of it is waited is decided in backoff.ts.
 * @param nowMs Unix ms.
 */
export function readRetryAfter(headers: AnswerHeaders, nowMs: number): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  // More digits than a number has are a long time all the same.
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, Number.MAX_SAFE_INTEGER);
  const at = instantOf(value);
  return at === undefined ? undefined : Math.max(0, at - (readDate(headers) ?? nowMs));
}

/** The Date header in Unix ms; undefined: none that can be read. */
export function readDate(headers: AnswerHeaders): number | undefined {
  return instantOf(headers.get('date')?.trim() ?? '');
}

/** An HTTP date, always of UTC, though the oldest of its forms, that of asctime, has no zone (RFC 9110, 5.6.7). */
function instantOf(text: string): number | undefined {
  // Each form begins with a day's name; `Date.parse` takes "120.5" or "-5" for a date, too, and one that is long past.
  if (!/^[A-Z][a-z]{2}/.test(text)) return undefined;
  const at = Date.parse(/\d\d:\d\d \d{4}$/.test(text) ? `${text} GMT` : text);
  return Number.isNaN(at) ? undefined : at;
}

/** Whether an HTTP status says that the same request may go well later: RFC 9110, 15.5.9 and 15.6, RFC 6585, 4. */
export const mayPass = (status: number): boolean => status === 408 || status === 429 || status >= 500;
