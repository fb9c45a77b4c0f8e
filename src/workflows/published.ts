import { upsertSearchAttributes } from '@temporalio/workflow';
import { searchAttributePairs } from '../core/search-attributes.js';
import type { Published } from '../core/decide.js';
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';

/** Writes what was published as search attributes, in one upsert. */
export function publish(published: Published, prefix: string): void {
  const pairs = searchAttributePairs(published).map(
    ({ name, type, value }): SearchAttributePair =>
      ({ key: defineSearchAttributeKey(`${prefix}${name}`, type), value }) as SearchAttributePair,
  );
  upsertSearchAttributes(pairs);
}
