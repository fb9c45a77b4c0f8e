import { parseKey } from '../core/key.js';

/** The default variable name of a token: `production/crm-export` → `CRM_EXPORT`. */
export function variableOf(key: string): string {
  const name = parseKey(key)
    .name.toUpperCase()
    .replace(/[^A-Z0-9]/g, '_');
  return /^[0-9]/.test(name) ? `_${name}` : name;
}
