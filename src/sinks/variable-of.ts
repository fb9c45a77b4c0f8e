import { parseKey } from '../core/key.js';

/** The variable that a token has where nobody names one: `production/crm-export` → `CRM_EXPORT`. */
export function variableOf(key: string): string {
  const name = parseKey(key)
    .name.toUpperCase()
    .replace(/[^A-Z0-9]/g, '_');
  return /^[0-9]/.test(name) ? `_${name}` : name;
}
