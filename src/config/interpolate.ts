import type { Json } from '../core/json.js';
import type { TokenKey } from '../core/key.js';

/** Replaces `{environment}` and `{name}` in every text of a value by the token's own; other braces stay. */
export function interpolate<Value extends object>(value: Value, key: TokenKey): Value {
  return replaceTexts(value as Json, (text) =>
    text.replace(/\{(environment|name)\}/g, (_, word: keyof TokenKey) => key[word]),
  ) as Value;
}

function replaceTexts(value: Json, replace: (text: string) => string): Json {
  if (typeof value === 'string') return replace(value);
  if (Array.isArray(value)) return value.map((item: Json) => replaceTexts(item, replace));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, replaceTexts(item, replace)]));
}
