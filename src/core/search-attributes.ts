import type { Published } from './decide.js';
import { searchAttributeTypes } from './names.js';

/** One value of a search attribute; null removes it. */
export interface AttributeValue {
  readonly name: keyof typeof searchAttributeTypes;
  readonly type: (typeof searchAttributeTypes)[keyof typeof searchAttributeTypes];
  readonly value: string | number | Date | null;
}

const row = (name: AttributeValue['name'], value: AttributeValue['value']): AttributeValue => ({
  name,
  type: searchAttributeTypes[name],
  value,
});

/** The values that change in a life. Environment, issuer and owner are set by the client at the start. */
export function searchAttributePairs(published: Published): AttributeValue[] {
  const instant = (at: number | null): Date | null => (at === null ? null : new Date(at));
  return [
    row('State', published.state),
    row('Generation', published.generation),
    row('ExpiresAt', instant(published.expiresAt)),
    row('RenewAt', instant(published.renewAt)),
    row('Sinks', published.sinks),
  ];
}
