import type { Json } from '../core/json.js';
import type { Path } from './problems.js';

/** Matches references anywhere in a text. */
export const reference = /\$\{([^}]*)\}/g;
/** The valid content of a reference. */
export const wellFormed = /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:[^\0]+)$/;

/** Whether a text contains what looks like a reference. */
export function hasReference(text: string): boolean {
  return text.includes('${');
}

/** Whether a text is exactly one reference, as a secret must be; it may still be a bad one. */
export function looksWhole(text: string): boolean {
  return /^\$\{[^}]*\}$/.test(text);
}

/** Whether a text contains a reference that is neither `${env:NAME}` nor `${file:PATH}`. */
export function hasBadReference(text: string): boolean {
  const rest = text.replace(reference, (whole, inside: string) => (wellFormed.test(inside) ? '' : whole));
  return rest.includes('${');
}

/** Calls `visit` for each text of a value. */
export function visitTexts(value: Json, visit: (text: string, path: Path) => void, path: Path = []): void {
  if (typeof value === 'string') visit(value, path);
  else if (Array.isArray(value)) value.forEach((item: Json, index) => visitTexts(item, visit, [...path, index]));
  else if (value !== null && typeof value === 'object') {
    for (const [name, item] of Object.entries(value)) visitTexts(item, visit, [...path, name]);
  }
}
