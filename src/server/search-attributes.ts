import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { setTimeout as sleep } from 'node:timers/promises';
import { TokenError } from '../core/errors.js';
import { defaultSearchAttributePrefix, searchAttributeTypes } from '../core/names.js';

/** The types of our search attributes, as the SDK writes them. */
export type SearchAttributeTypeName = (typeof searchAttributeTypes)[keyof typeof searchAttributeTypes];

const valueType = proto.temporal.api.enums.v1.IndexedValueType;
const valueTypes: Record<SearchAttributeTypeName, proto.temporal.api.enums.v1.IndexedValueType> = {
  KEYWORD: valueType.INDEXED_VALUE_TYPE_KEYWORD,
  INT: valueType.INDEXED_VALUE_TYPE_INT,
  DATETIME: valueType.INDEXED_VALUE_TYPE_DATETIME,
};

/** The search attributes of tokens: name → type. A SQL store allows three Datetime and ten Keyword attributes per namespace. */
export function searchAttributes(prefix = defaultSearchAttributePrefix): ReadonlyMap<string, SearchAttributeTypeName> {
  return new Map(Object.entries(searchAttributeTypes).map(([name, type]) => [`${prefix}${name}`, type]));
}

/**
 * Our search attributes that a namespace lacks.
 * @throws TokenError `ConfigInvalid` where one exists with another type
 */
export async function missingSearchAttributes(
  connection: Connection,
  namespace: string,
  prefix?: string,
): Promise<ReadonlyMap<string, SearchAttributeTypeName>> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = new Map<string, SearchAttributeTypeName>();
  for (const [name, type] of searchAttributes(prefix)) {
    const there = customAttributes?.[name];
    if (there === undefined || there === null) missing.set(name, type);
    else if (there !== valueTypes[type]) {
      throw new TokenError('ConfigInvalid', `search attribute ${name} of namespace ${namespace} is not ${type}`, {
        do: `if nothing else uses it: temporal operator search-attribute remove --namespace ${namespace} --name ${name}; else use another namespace`,
      });
    }
  }
  return missing;
}

const registeredLimitMs = 15_000;

/**
 * Registers missing search attributes and waits until the server knows them. Not for Temporal Cloud, whose own CLI does this.
 * @throws TokenError `ServerUnavailable` where they do not appear, `ConfigInvalid` where one exists with another type
 */
export async function registerSearchAttributes(
  connection: Connection,
  namespace: string,
  prefix?: string,
): Promise<void> {
  let missing = await missingSearchAttributes(connection, namespace, prefix);
  if (missing.size === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries([...missing].map(([name, type]) => [name, valueTypes[type]])),
  });
  const deadline = Date.now() + registeredLimitMs;
  while ((missing = await missingSearchAttributes(connection, namespace, prefix)).size > 0) {
    if (Date.now() > deadline) {
      throw new TokenError('ServerUnavailable', `search attributes did not appear: ${[...missing.keys()].join(', ')}`);
    }
    await sleep(200);
  }
}
