import { expect, it } from 'vitest';

/** Native libraries that this process has loaded. */
function loaded(): string[] {
  // Its list of networks asks the DNS; the types of Node 20 do not know the switch yet.
  const { sharedObjects } = Object.assign(process.report, { excludeNetwork: true }).getReport() as {
    sharedObjects: string[];
  };
  return sharedObjects.filter((path) => path.endsWith('.node') && /temporal|sqlite/.test(path));
}

it('the client alone brings neither Temporal’s native worker nor SQLite, which the whole package does', async () => {
  const client = await import('../../src/client/index.js');
  expect(client.TokenKeeperClient).toBeTypeOf('function');
  expect(loaded()).toEqual([]);
  const whole = await import('../../src/index.js');
  expect(whole.TokenKeeperClient).toBe(client.TokenKeeperClient);
  expect(loaded().join()).toMatch(/temporal|sqlite/);
});
