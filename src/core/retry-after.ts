/** Headers of an answer, as `fetch` gives them. */
export interface AnswerHeaders {
  get(name: string): string | null;
}

/**
 * Retry-After in ms from now. It may be seconds or an HTTP date (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3), the latter by the
 * server's own clock where it sends a Date; undefined: none that can be read. backoff.ts decides how much of it is waited.
 * @param nowMs - Unix ms.
 */
export function readRetryAfter(headers: AnswerHeaders, nowMs: number): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  // A number with too many digits is just a long time.
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, Number.MAX_SAFE_INTEGER);
  const at = instantOf(value);
  return at === undefined ? undefined : Math.max(0, at - (readDate(headers) ?? nowMs));
}

/** What the headers of an allowance begin with: at GitHub, at Okta, and in the draft of the IETF. */
const allowances = ['x-ratelimit', 'x-rate-limit', 'ratelimit'];

/** Beyond it, seconds are an instant, not a span. */
const instantS = 1_000_000_000;

/**
 * In how many ms an allowance that is spent begins anew; undefined: none is, as far as is told.
 * @param nowMs - Unix ms.
 */
export function readReset(headers: AnswerHeaders, nowMs: number): number | undefined {
  const spent = allowances.find((name) => headers.get(`${name}-remaining`)?.trim() === '0');
  const reset = headers.get(`${spent}-reset`)?.trim() ?? '';
  if (!/^\d{1,12}$/.test(reset)) return undefined;
  const said = Number(reset) * 1000;
  return Number(reset) < instantS ? said : Math.max(0, said - (readDate(headers) ?? nowMs));
}

/**
 * The server's clock when it answered, by the Date header, in Unix ms; undefined: none that can be read. A cache passes on the Date that it
 * got, and says in Age how many seconds ago (RFC 9111 §5.1).
 */
export function readDate(headers: AnswerHeaders): number | undefined {
  const at = instantOf(headers.get('date')?.trim() ?? '');
  const age = headers.get('age')?.trim() ?? '';
  return at === undefined || !/^\d{1,9}$/.test(age) ? at : at + Number(age) * 1000;
}

/** An HTTP date. Always UTC, though its oldest form, asctime, names no zone (RFC 9110, 5.6.7). */
function instantOf(text: string): number | undefined {
  // Each form begins with a day's name; `Date.parse` also takes "120.5" or "-5" for a date, long past.
  if (!/^[A-Z][a-z]{2}/.test(text)) return undefined;
  const at = Date.parse(/\d\d:\d\d \d{4}$/.test(text) ? `${text} GMT` : text);
  return Number.isNaN(at) ? undefined : at;
}

/** Whether an HTTP status says that the same request may succeed later: RFC 9110, 15.5.9 and 15.6, RFC 6585, 4. */
export const mayPass = (status: number): boolean => status === 408 || status === 429 || status >= 500;
