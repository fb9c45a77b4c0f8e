import { expect, it, vi } from 'vitest';
import { refusingKeptElsewhere } from '../../src/cli/apply/kept-elsewhere.js';
import type { Session } from '../../src/cli/session.js';
import type { TokenKeeperClient } from '../../src/client.js';
import { TokenError } from '../../src/core/errors.js';
import { tokenSpec } from '../support/lifecycle.js';

const unused = {} as TokenKeeperClient;

/** A command whose vault answers like this. */
function commandOf(vault: () => Promise<never>) {
  const workflowService = {
    describeNamespace: async () => ({ namespaceInfo: { id: 'n1' } }),
    getClusterInfo: async () => ({ clusterId: 'c1' }),
  };
  const opened = vi.fn(vault);
  const session = {
    prefix: 'tokenkeeper',
    connections: async () => ({ vault: opened }),
    connected: async () => ({ connection: { workflowService }, namespace: 'default' }),
  } as unknown as Session;
  return { refuse: refusingKeptElsewhere(session, unused), opened };
}

it('a vault that does not open from here is asked once, and keeps nothing from being applied', async () => {
  const { refuse, opened } = commandOf(() => Promise.reject(new TokenError('VaultLocked', 'no key')));
  for (const key of ['test/one', 'test/two']) expect(await refuse(tokenSpec({ key }))).toBeUndefined();
  expect(opened).toHaveBeenCalledTimes(1);
});

it('a vault that does not answer is not waited for', async () => {
  const { refuse, opened } = commandOf(() => new Promise(() => {}));
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  try {
    const refused = refuse(tokenSpec());
    await vi.waitFor(() => expect(opened).toHaveBeenCalled(), { timeout: 20_000 });
    vi.advanceTimersByTime(5_000);
    expect(await refused).toBeUndefined();
  } finally {
    vi.useRealTimers();
  }
});

it('a mistake of the program is no vault that cannot be read', async () => {
  const { refuse } = commandOf(() => Promise.reject(new TypeError('a mistake')));
  await expect(refuse(tokenSpec())).rejects.toThrow('a mistake');
});
