import { expect, it } from 'vitest';

/** Native libraries that this process has loaded. */
function loaded(): string[] {
  // Its list of networks asks the DNS; the types of Node 20 do not know the switch yet.
  const { sharedObjects } = Object.assign(process.report, { excludeNetwork: true }).getReport() as {
    sharedObjects: string[];
  };
  return sharedObjects.filter((path) => path.endsWith('.node') && /temporal|sqlite/.test(path));
}

it('the client alone brings neither Temporal’s native worker nor SQLite; the whole package SQLite, and the worker once one is made', async () => {
  const client = await import('../../src/client/index.js');
  expect(client.TokenKeeperClient).toBeTypeOf('function');
  expect(loaded()).toEqual([]);
  const whole = await import('../../src/index.js');
  expect(whole.TokenKeeperClient).toBe(client.TokenKeeperClient);
  // Temporal has no native worker for Alpine: jobs that only use tokens run there all the same.
  expect(loaded().filter((path) => !path.includes('sqlite'))).toEqual([]);
  await expect(whole.connectWorker({ address: '127.0.0.1:1', own: true })).rejects.toThrow('127.0.0.1:1');
  expect(loaded().join()).toContain('core-bridge');
});
