import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { listensOn } from '../../src/server/listener.js';
import { unusedPort } from '../support/unused-port.js';

const listening = `process.on('disconnect', () => process.exit());
  const server = require('net').createServer().listen(0, '127.0.0.1', () => process.send(server.address().port))`;
/** As a wrapper on PATH may do it. */
const wrapping = `const child = require('child_process').fork('-e', [${JSON.stringify(listening)}], { execArgv: [] });
  child.on('message', (port) => process.send(port))`;

const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill()));

/** Runs a program in a session of its own. */
async function start(code: string): Promise<{ pid: number; port: number }> {
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
  const child = spawn(process.execPath, ['-e', code], { detached: true, stdio: [...stdio] });
  children.push(child);
  const [port] = (await once(child, 'message')) as [number];
  return { pid: child.pid ?? 0, port };
}

test('a port is told to be of a program, of one that it started, or of another one', async () => {
  const here = createServer().listen(0, '127.0.0.1');
  try {
    await once(here, 'listening');
    const [own, wrapped] = await Promise.all([start(listening), start(wrapping)]);
    expect(await listensOn(own.pid, own.port)).toBe(true);
    expect(await listensOn(wrapped.pid, wrapped.port)).toBe(true);
    expect(await listensOn(own.pid, wrapped.port)).toBe(false);
    expect(await listensOn(own.pid, (here.address() as AddressInfo).port)).toBe(false);
    expect(await listensOn(own.pid, await unusedPort())).toBeNull();
  } finally {
    here.close();
  }
});
