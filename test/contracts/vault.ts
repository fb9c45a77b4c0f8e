import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Vault } from '../../src/vaults/vault.js';

/** One vault under test, empty. */
export interface VaultUnderTest {
  readonly vault: Vault;
  /** Opens the same vault once more, as another process would; absent for a vault that can't. */
  readonly reopen?: (() => Promise<Vault>) | undefined;
  /** Closes and removes all of it; `vault` may be closed already. */
  close(): Promise<void>;
}

/** What every vault driver must do. Call it in a test file; `make` is called once a test. */
export function vaultContract(name: string, make: () => Promise<VaultUnderTest>): void {
  describe(`the vault ${name}`, () => {
    let under: VaultUnderTest;
    let vault: Vault;

    beforeEach(async () => {
      under = await make();
      vault = under.vault;
    });

    afterEach(async () => {
      await under.close();
    });

    async function reopened(use: (again: Vault) => Promise<void>): Promise<void> {
      if (!under.reopen) return;
      const again = await under.reopen();
      try {
        await use(again);
      } finally {
        await again.close();
      }
    }

    describe('read and compareAndSet', () => {
      test('a document that is not there reads as null', async () => {
        expect(await vault.read('production/absent')).toBeNull();
      });

      test('a new document is written at revision 0 and has revision 1', async () => {
        expect(await vault.compareAndSet('production/a', 0, '{"n":1}')).toBe(1);
        expect(await vault.read('production/a')).toEqual({ revision: 1, text: '{"n":1}' });
      });

      test('each write raises the revision by one', async () => {
        for (let revision = 0; revision < 5; revision++) {
          expect(await vault.compareAndSet('production/a', revision, `{"n":${revision}}`)).toBe(revision + 1);
        }
        expect(await vault.read('production/a')).toEqual({ revision: 5, text: '{"n":4}' });
      });

      test.each([
        ['at revision 0, where a document is', 0],
        ['at a revision that is past', 1],
        ['at a revision that is not there yet', 3],
      ])('a write %s is lost: null, and nothing changes', async (_, expectedRevision) => {
        await vault.compareAndSet('production/a', 0, '"first"');
        await vault.compareAndSet('production/a', 1, '"second"');
        expect(await vault.compareAndSet('production/a', expectedRevision, '"late"')).toBeNull();
        expect(await vault.read('production/a')).toEqual({ revision: 2, text: '"second"' });
      });

      test('a write at revision 1 where no document is, is lost and makes none', async () => {
        expect(await vault.compareAndSet('production/a', 1, '"x"')).toBeNull();
        expect(await vault.read('production/a')).toBeNull();
      });

      test.each([0, 1])('of 20 writes at once at revision %i one wins', async (revision) => {
        if (revision === 1) await vault.compareAndSet('production/a', 0, '"old"');
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, i) => vault.compareAndSet('production/a', revision, `"writer ${i}"`)),
        );
        const winners = answers.flatMap((answer, i) => (answer === null ? [] : [{ answer, i }]));
        expect(winners).toEqual([{ answer: revision + 1, i: expect.any(Number) }]);
        expect(await vault.read('production/a')).toEqual({
          revision: revision + 1,
          text: `"writer ${winners[0]?.i}"`,
        });
      });

      test('documents do not touch each other', async () => {
        await Promise.all(['a', 'b', 'c'].map((key) => vault.compareAndSet(`production/${key}`, 0, `"${key}"`)));
        await vault.compareAndSet('production/b', 1, '"b2"');
        expect(await vault.read('production/a')).toEqual({ revision: 1, text: '"a"' });
        expect(await vault.read('production/b')).toEqual({ revision: 2, text: '"b2"' });
      });

      test('a document of 200 kB and one of all kinds of characters come back as they were', async () => {
        const large = JSON.stringify({ value: 'x'.repeat(200_000) });
        const strange = JSON.stringify({ value: 'ü 中文 👩‍🚀 \u0000 \u2028 "quoted" \\ \' %_;--' });
        await vault.compareAndSet('production/large', 0, large);
        await vault.compareAndSet('production/strange', 0, strange);
        expect((await vault.read('production/large'))?.text).toBe(large);
        expect((await vault.read('production/strange'))?.text).toBe(strange);
      });
    });

    describe('list', () => {
      test('an empty vault lists nothing', async () => {
        expect(await vault.list('')).toEqual([]);
      });

      test.each([
        [
          '',
          ['Production/a', '_grant/0a', 'production%/a', 'production/a', 'production/b', 'productionx/a', 'staging/a'],
        ],
        ['production/', ['production/a', 'production/b']],
        ['production', ['production%/a', 'production/a', 'production/b', 'productionx/a']],
        ['production%', ['production%/a']],
        ['production_', []],
        ['_grant/', ['_grant/0a']],
        ['P', ['Production/a']],
        ['*', []],
        ["'", []],
        ['staging/a', ['staging/a']],
        ['staging/a/', []],
      ])('the prefix "%s" is plain text and its keys come sorted', async (prefix, expected) => {
        const keys = ['staging/a', 'production/b', 'productionx/a', 'production%/a', '_grant/0a', 'Production/a'];
        for (const key of [...keys, 'production/a']) await vault.compareAndSet(key, 0, '{}');
        expect(await vault.list(prefix)).toEqual(expected);
      });
    });

    describe('remove', () => {
      test('a document is removed by its revision, once', async () => {
        await vault.compareAndSet('production/a', 0, '"1"');
        await vault.compareAndSet('production/a', 1, '"2"');
        expect(await vault.remove('production/a', 1)).toBe(false);
        expect(await vault.read('production/a')).not.toBeNull();
        expect(await vault.remove('production/a', 2)).toBe(true);
        expect(await vault.read('production/a')).toBeNull();
        expect(await vault.list('')).toEqual([]);
        expect(await vault.remove('production/a', 2)).toBe(false);
      });

      test('what is not there is not removed', async () => {
        expect(await vault.remove('production/a', 0)).toBe(false);
        expect(await vault.remove('production/a', 1)).toBe(false);
      });

      test('what was removed can be made again', async () => {
        await vault.compareAndSet('production/a', 0, '"1"');
        await vault.remove('production/a', 1);
        expect(await vault.compareAndSet('production/a', 0, '"again"')).toBe(1);
      });
    });

    describe('identity', () => {
      test('a fingerprint is 16 hex digits, the same for the same secret, another for another', () => {
        const fingerprint = vault.fingerprint('secret');
        expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
        expect(vault.fingerprint('secret')).toBe(fingerprint);
        expect(vault.fingerprint('secret2')).not.toBe(fingerprint);
      });

      test('the id and fingerprints are the same after a reopen', async () => {
        expect(vault.id).not.toBe('');
        await reopened(async (again) => {
          expect(again.id).toBe(vault.id);
          expect(again.fingerprint('secret')).toBe(vault.fingerprint('secret'));
        });
      });
    });

    describe('opened twice', () => {
      test('what was written is there after close and reopen', async () => {
        await vault.compareAndSet('production/a', 0, '"kept"');
        if (!under.reopen) return;
        await vault.close();
        await reopened(async (again) => {
          expect(await again.read('production/a')).toEqual({ revision: 1, text: '"kept"' });
          expect(await again.compareAndSet('production/a', 1, '"more"')).toBe(2);
        });
      });

      test('both see each other’s writes at once, and one wins', async () => {
        await reopened(async (again) => {
          await vault.compareAndSet('production/a', 0, '"1"');
          expect(await again.read('production/a')).toEqual({ revision: 1, text: '"1"' });
          expect(await again.compareAndSet('production/a', 1, '"2"')).toBe(2);
          expect(await vault.compareAndSet('production/a', 1, '"late"')).toBeNull();
          expect(await vault.read('production/a')).toEqual({ revision: 2, text: '"2"' });
        });
      });
    });

    describe('an aborted signal', () => {
      test.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
        ['read', (signal) => vault.read('production/a', signal)],
        ['compareAndSet', (signal) => vault.compareAndSet('production/a', 1, '"late"', signal)],
        ['list', (signal) => vault.list('', signal)],
        ['remove', (signal) => vault.remove('production/a', 1, signal)],
      ])('%s throws Cancelled and changes nothing', async (_, call) => {
        await vault.compareAndSet('production/a', 0, '"1"');
        await expect(call(AbortSignal.abort())).rejects.toMatchObject({ name: 'TokenError', code: 'Cancelled' });
        expect(await vault.read('production/a')).toEqual({ revision: 1, text: '"1"' });
      });
    });

    test('a closed vault throws VaultUnavailable, and closes twice', async () => {
      await vault.close();
      await vault.close();
      await expect(vault.read('production/a')).rejects.toMatchObject({ name: 'TokenError', code: 'VaultUnavailable' });
      await expect(vault.compareAndSet('production/a', 0, '1')).rejects.toMatchObject({ code: 'VaultUnavailable' });
    });
  });
}
