import { describe, expect, it } from 'vitest';
import { errorTable } from '../../src/core/errors.js';
import { namedRemedy, remedyFor } from '../../src/core/remedies.js';

describe('what to do', () => {
  it.each(Object.keys(errorTable))('leaves no placeholder about %s', (code) => {
    expect(remedyFor({ code }, 'test/token')).not.toMatch(/\b(KEY|SINK)\b/);
    expect(remedyFor({ code }, 'test/token', 'two')).not.toMatch(/\b(KEY|SINK)\b/);
  });

  it('is what the error itself says, else what the table says of its code', () => {
    expect(remedyFor({ code: 'VaultLocked' }, 'test/token')).toContain('TOKENKEEPER_VAULT_KEY or');
    expect(remedyFor({ code: 'SomethingNew' }, 'test/token')).toBeNull();
    expect(remedyFor({ code: 'SomethingNew', do: 'call KEY’s owner' }, 'test/token')).toBe('call test/token’s owner');
  });

  it('names each place, whatever a name holds, and keeps the word of what is not known', () => {
    const remedy = 'see KEY, then: deliver KEY --sink SINK; MONKEYS and KEYS stay';
    expect(namedRemedy(remedy, 'a/$&', '$1')).toBe('see a/$&, then: deliver a/$& --sink $1; MONKEYS and KEYS stay');
    expect(namedRemedy('deliver KEY --sink SINK', 'a/b')).toBe('deliver a/b --sink SINK');
  });
});
