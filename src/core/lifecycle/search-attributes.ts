import type { Published } from './decide.js';
import type { LifecycleInput } from './input.js';
import { environmentOf } from '../key.js';
import { searchAttributeTypes } from '../names.js';

/** One value of a search attribute; null removes it. */
export interface AttributeValue {
  readonly name: keyof typeof searchAttributeTypes;
  readonly type: (typeof searchAttributeTypes)[keyof typeof searchAttributeTypes];
  readonly value: string | number | Date | null;
}

const attributes: Readonly<Record<keyof Published, AttributeValue['name']>> = {
  state: 'State',
  generation: 'Generation',
  expiresAt: 'ExpiresAt',
  renewAt: 'RenewAt',
  sinks: 'Sinks',
  owner: 'Owner',
  issuer: 'Issuer',
  environment: 'Environment',
};

/** What is carried by a run without search attributes to the next one. */
const nothingYet = '{}';

/** What was published before this run, by the previous run or by the client at the start. */
export function publishedBefore({ spec, searchAttributes, carried }: LifecycleInput): Partial<Published> {
  if (searchAttributes === null || carried?.published === nothingYet) return {};
  const told = carried === undefined || carried.published === '' ? {} : (JSON.parse(carried.published) as object);
  return { environment: environmentOf(spec.key), owner: spec.owner ?? '', issuer: spec.issuer, ...told };
}

/** The attributes to write so that `next` is published; none where it is already. */
export function searchAttributePairs(next: Published, last: Partial<Published>): AttributeValue[] {
  const changed = (Object.keys(attributes) as (keyof Published)[]).filter((field) => next[field] !== last[field]);
  return changed.map((field) => {
    const name = attributes[field];
    const type = searchAttributeTypes[name];
    const value = next[field];
    return { name, type, value: type === 'DATETIME' && typeof value === 'number' ? new Date(value) : value };
  });
}
