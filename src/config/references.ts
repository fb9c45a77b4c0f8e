import type { Json } from '../core/json.js';
import type { Path } from './problems.js';

/** A reference, wherever it stands in a text. */
export const reference = /\$\{([^}]*)\}/g;
/** What may stand in a reference. */
export const wellFormed = /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:[^\0]+)$/;

/** Whether a text holds something that looks like a reference. */
export function hasReference(text: string): boolean {
  return text.includes('${');
}

/** Whether a text has the form of one reference and nothing around it, as a secret must; it may still be a bad one. */
export function looksWhole(text: string): boolean {
  return /^\$\{[^}]*\}$/.test(text);
}

/** Whether a text holds a reference that is neither `${env:NAME}` nor `${file:PATH}`. */
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
