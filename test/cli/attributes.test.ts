import { expect, inject, it, onTestFinished, vi } from 'vitest';
import { findAttributes } from '../../src/cli/attributes.js';
import { connectClient, type Connected } from '../../src/connect.js';

/** A namespace without search attributes, of a user who may register them. */
function bare() {
  const added: string[] = [];
  let customAttributes: Record<string, number> = {};
  const operatorService = {
    listSearchAttributes: () => Promise.resolve({ customAttributes }),
    addSearchAttributes({ searchAttributes }: { readonly searchAttributes: Record<string, number> }) {
      added.push(...Object.keys(searchAttributes));
      customAttributes = searchAttributes;
      return Promise.resolve({});
    },
  };
  const client = { workflow: { count: () => Promise.reject(new Error('3 INVALID_ARGUMENT: invalid query')) } };
  return { added, connected: { client, connection: { operatorService }, namespace: 'bare' } as unknown as Connected };
}

/** A namespace of the run's server, which has them. */
async function whole() {
  const connected = await connectClient({ ...inject('temporal'), env: {} });
  onTestFinished(() => connected.close());
  return { connected, lists: vi.spyOn(connected.connection.operatorService, 'listSearchAttributes') };
}

it('a command that only looks leaves nothing open at the server, as a list of the attributes would', async () => {
  const { connected, lists } = await whole();
  expect(await findAttributes(connected, 'check', () => expect.unreachable())).toBe('TokenKeeper');
  expect(lists).not.toHaveBeenCalled();
});

it('a Temporal that went away meanwhile is not asked again', async () => {
  const { connected, lists } = await whole();
  const away = Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: 'away', metadata: {} });
  connected.client.workflow.count = () => Promise.reject(away);
  await expect(findAttributes(connected, 'check', () => expect.unreachable())).rejects.toMatchObject({
    code: 'ServerUnavailable',
  });
  expect(lists).not.toHaveBeenCalled();
});

it('a command that only looks adds nothing to a namespace, and says what it lacks', async () => {
  const { added, connected } = bare();
  const warnings: string[] = [];
  expect(await findAttributes(connected, 'check', (message) => warnings.push(message))).toBeNull();
  expect(added).toEqual([]);
  expect(warnings).toEqual([expect.stringMatching(/^namespace bare lacks .*; add: .*TokenKeeperState=KEYWORD/)]);
});

it('an attribute of another type is refused, with a way out', async () => {
  const { connected } = bare();
  const customAttributes = { TokenKeeperState: 1 };
  connected.connection.operatorService.listSearchAttributes = (() => Promise.resolve({ customAttributes })) as never;
  await expect(findAttributes(connected, 'register', () => expect.unreachable())).rejects.toMatchObject({
    code: 'ConfigInvalid',
    message: 'search attribute TokenKeeperState of namespace bare is not KEYWORD',
    do: 'if nothing else uses it: temporal operator search-attribute remove --namespace bare --name TokenKeeperState; else use another namespace',
  });
});

it('one that applies adds what is missing, once', async () => {
  const { added, connected } = bare();
  const find = () => findAttributes(connected, 'register', () => expect.unreachable());
  expect([await find(), await find()]).toEqual(['TokenKeeper', 'TokenKeeper']);
  expect(new Set(added).size).toBe(added.length);
  expect(added).toContain('TokenKeeperState');
});
