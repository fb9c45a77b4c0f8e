import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import type { AttributeValue } from '../core/lifecycle/search-attributes.js';

/** Writes search attributes, in one upsert. */
export function publish(values: readonly AttributeValue[], prefix: string): void {
  upsertSearchAttributes(
    values.map(
      ({ name, type, value }): SearchAttributePair =>
        ({ key: defineSearchAttributeKey(`${prefix}${name}`, type), value }) as SearchAttributePair,
    ),
  );
}
