import type { UsageAnswer } from '../issuers/issuer.js';

/**
 * What an API said to a job, read from what the job threw or returned: a fetch `Response`, or an error with `status` or `statusCode`,
 * of its own or of its `response` (the shapes of axios, got, octokit, undici and superagent). null: nothing of the kind.
 */
export function usageAnswerOf(outcome: object): UsageAnswer | null {
  try {
    return readAnswer(outcome);
  } catch {
    // A proxy, or a getter that throws: the job's result is its own affair, and a look at it must not become its failure.
    return null;
  }
}

function readAnswer(outcome: object): UsageAnswer | null {
  const own = statusOf(outcome);
  const response = (outcome as { response?: unknown }).response;
  const from = own === null && typeof response === 'object' && response !== null ? response : outcome;
  const status = own ?? statusOf(from);
  if (status === null) return null;
  const body = (from as { body?: unknown; data?: unknown }).data;
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
  // Headers of fetch, of undici beside it, and of axios have their pairs behind an iterator; others are plain objects.
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
