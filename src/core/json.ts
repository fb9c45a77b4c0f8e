/** Plain JSON: what may travel through Temporal or be in a configuration. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [name: string]: Json };

/** Whether two values are equal, regardless of the order of fields. */
export const isSameJson = (a: Json, b: Json): boolean => canonicalJson(a) === canonicalJson(b);

/** One text for all values that are equal in this sense: of many, each is written once, and the texts compared. */
export const canonicalJson = (json: Json): string =>
  JSON.stringify(json, (_name, value: Json) =>
    isObject(value) ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) : value,
  );

/** The value of a JSON text; undefined for anything else. The parser's own error would quote the text. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Whether a value is an object, and not a list. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
