import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { waitAtMost } from '../common/awaiting.js';
import { TokenError } from '../core/errors.js';
import { byKey, isKey, isSegment, segmentWords } from '../core/key.js';
import { workflowType } from '../core/names.js';
import { isServing, serverErrorOf, serverUnavailable } from './server-errors.js';
import { clientSpans } from './spans.js';

/** A row of `list`, read from visibility: no token is queried. */
export interface TokenRow {
  readonly key: string;
  /** `paused` also where an operator of Temporal paused the workflow itself; null: the server has no search attributes. */
  readonly state: string | null;
  readonly generation: number | null;
  /** ISO 8601. */
  readonly expiresAt: string | null;
  readonly renewAt: string | null;
  readonly sinks: { readonly acknowledged: number; readonly total: number } | null;
  readonly owner: string | null;
  readonly issuer: string | null;
}

/**
 * The visibility query for the open workflows of a prefix: also of those that an operator paused in Temporal, whose status is `Paused`, a
 * word that older servers refuse in a query.
 */
export function keptQuery(prefix: string, environment?: string): string {
  const starts = environment === undefined ? `${prefix}/` : `${prefix}/${environment}/`;
  return `WorkflowId STARTS_WITH "${starts}" AND CloseTime IS NULL`;
}

/**
 * Rows of the open workflows of a prefix, by key, one per token: where visibility shows a run and the one that continues it, the
 * newer.
 * @param options.searchAttributes - their prefix; null: they do not exist
 * @param options.pageMs - how long to wait for a page before it is asked whether Temporal answers at all
 * @throws TokenError `ServerUnavailable`, `ServerRefused`; `ConfigInvalid` for a malformed environment
 */
export async function listTokens(
  client: Client,
  options: {
    readonly prefix: string;
    readonly searchAttributes: string | null;
    readonly environment?: string | undefined;
    readonly pageMs?: number;
  },
): Promise<TokenRow[]> {
  const { prefix, searchAttributes, environment, pageMs = clientSpans.pageMs } = options;
  if (environment !== undefined && !isSegment(environment)) {
    throw new TokenError('ConfigInvalid', 'not an environment', {
      do: `write the part of a key before its /: ${segmentWords}`,
    });
  }
  const newest = new Map<string, WorkflowExecutionInfo>();
  try {
    const found = client.workflow.list({ query: keptQuery(prefix, environment) })[Symbol.asyncIterator]();
    for (;;) {
      const { done, value: info } = await unlessSilent(client, found.next(), pageMs);
      if (done === true) break;
      if (info.type !== workflowType) continue;
      const other = newest.get(info.workflowId);
      if (other === undefined || other.startTime < info.startTime) newest.set(info.workflowId, info);
    }
  } catch (error) {
    throw serverErrorOf(error);
  }
  const rows = [...newest.values()].map((info) => rowOf(info, prefix, searchAttributes));
  // Workflows of a longer prefix that begins with this one have the rest of that prefix before the key.
  return rows.filter(({ key }) => isKey(key)).toSorted(byKey);
}

/**
 * Waits for the next page as long as Temporal answers at all: a busy one may need a minute for it, and one that is frozen, or cut off
 * without a word, would be waited for for ever.
 * @throws TokenError `ServerUnavailable`
 */
async function unlessSilent<T>(client: Client, next: Promise<T>, pageMs: number): Promise<T> {
  for (;;) {
    const answer = await waitAtMost(next, pageMs);
    if (answer !== 'late') return answer;
    if (!(await isServing(client.workflow))) throw serverUnavailable();
  }
}

/** The row of a token in a namespace without search attributes. */
export const bareRow = (key: string): TokenRow => ({
  key,
  state: null,
  generation: null,
  expiresAt: null,
  renewAt: null,
  sinks: null,
  owner: null,
  issuer: null,
});

function rowOf(info: WorkflowExecutionInfo, prefix: string, attributes: string | null): TokenRow {
  const key = info.workflowId.slice(prefix.length + 1);
  if (attributes === null) return bareRow(key);
  const has = info.typedSearchAttributes;
  const word = (name: string): string | null =>
    has.get(defineSearchAttributeKey(`${attributes}${name}`, SearchAttributeType.KEYWORD)) ?? null;
  const instant = (name: string): string | null =>
    has.get(defineSearchAttributeKey(`${attributes}${name}`, SearchAttributeType.DATETIME))?.toISOString() ?? null;
  const [acknowledged, total] = (word('Sinks') ?? '').split('/').map(Number);
  return {
    key,
    // What was last published is not so while nobody goes on with it.
    state: info.status.name === 'PAUSED' ? 'paused' : word('State'),
    generation: has.get(defineSearchAttributeKey(`${attributes}Generation`, SearchAttributeType.INT)) ?? null,
    expiresAt: instant('ExpiresAt'),
    renewAt: instant('RenewAt'),
    sinks: acknowledged === undefined || total === undefined ? null : { acknowledged, total },
    owner: word('Owner') || null,
    issuer: word('Issuer'),
  };
}
