import { types } from 'node:util';
import type { UsageAnswer } from '../issuers/issuer.js';

/** Wrapped more often than that, an error says nothing; one that is its own cause ends here. */
const causes = 5;

/**
 * An API's answer to a job, read from what the job threw or returned: a fetch `Response`, or an error with `status` or `statusCode`, its
 * own or its `response`'s (the shapes of axios, got, octokit, undici and superagent), or that of its `cause` (of gitbeaker, and of a job
 * that wraps its errors). null: nothing of the kind.
 */
export function usageAnswerOf(outcome: object): UsageAnswer | null {
  try {
    let from: unknown = outcome;
    for (let depth = 0; depth <= causes && typeof from === 'object' && from !== null; depth++) {
      const answer = readAnswer(from);
      if (answer !== null || !types.isNativeError(from)) return answer;
      from = from.cause;
    }
    return null;
  } catch {
    // A proxy, or a getter that throws: reading the job's result must not make the job fail.
    return null;
  }
}

function readAnswer(outcome: object): UsageAnswer | null {
  const own = statusOf(outcome);
  const response = (outcome as { response?: unknown }).response;
  const from = own === null && typeof response === 'object' && response !== null ? response : outcome;
  const status = own ?? statusOf(from);
  if (status === null) return null;
  const body = (from as { data?: unknown }).data;
  return {
    status,
    headers: headersOf((from as { headers?: unknown }).headers),
    ...(isJson(body) ? { body } : {}),
  };
}

function statusOf(value: object): number | null {
  const { status, statusCode } = value as { status?: unknown; statusCode?: unknown };
  const found = typeof status === 'number' ? status : statusCode;
  return typeof found === 'number' && found >= 100 && found <= 599 ? found : null;
}

function headersOf(headers: unknown): Record<string, string> {
  if (typeof headers !== 'object' || headers === null) return {};
  // Headers of fetch, undici and axios iterate over their pairs; others are plain objects.
  const isIterable = !Array.isArray(headers) && Symbol.iterator in headers;
  const pairs = isIterable ? [...(headers as Iterable<[string, unknown]>)] : Object.entries(headers);
  return Object.fromEntries(
    pairs.flatMap(([name, value]) => (typeof value === 'string' ? [[name.toLowerCase(), value]] : [])),
  );
}

function isJson(value: unknown): value is NonNullable<UsageAnswer['body']> {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype)
  );
}
