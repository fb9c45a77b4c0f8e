import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { environmentOf } from '../core/key.js';
import { searchAttributeTypes } from '../core/names.js';
import type { TokenSpec } from '../core/spec.js';

type Name = keyof typeof searchAttributeTypes;

/** The search attributes that a token starts with; its workflow changes all but the environment later. */
export function startAttributes(spec: TokenSpec, prefix: string): SearchAttributePair[] {
  const pair = (name: Name, value: string | number): SearchAttributePair =>
    ({ key: defineSearchAttributeKey(`${prefix}${name}`, searchAttributeTypes[name]), value }) as SearchAttributePair;
  return [
    pair('State', 'acquiring'),
    pair('Environment', environmentOf(spec.key)),
    pair('Issuer', spec.issuer),
    pair('Owner', spec.owner ?? ''),
    pair('Generation', 0),
    pair('Sinks', `0/${spec.sinks.length}`),
  ];
}
