import { execFile } from 'node:child_process';
import { utimesSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SimplePlugin } from '@temporalio/plugin';
import { NativeConnection, type WorkerPlugin } from '@temporalio/worker';
import { beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { activityNames } from '../../src/core/names.js';
import { silentLog, type Log } from '../../src/drivers.js';
import { createWorkerHost, type WorkerHost } from '../../src/worker.js';
import { bareModule, zodUrl } from '../config/driver-module-texts.js';
import { newFolder } from '../support/folder.js';
import { scriptArguments } from '../support/script-arguments.js';
import { startDenyingTemporal } from '../support/denying-temporal.js';
import { Authority, startTlsTemporal } from '../support/tls-temporal.js';
import { bundleOnce, uniqueName } from '../support/temporal.js';
import { waitFor } from '../support/wait-for.js';

let folder: string;
let config: string;
beforeEach(async () => {
  folder = await newFolder('tokenkeeper-modules-');
  config = join(folder, 'tokens.yaml');
  await writeFile(config, 'version: 1\nvaults: { local: { driver: memory, name: host } }\n');
});

function make(
  address: string,
  bundle: { readonly codePath: string },
  env = {},
  plugins: WorkerPlugin[] = [],
  log: Log = silentLog,
): Promise<WorkerHost> {
  const { namespace } = inject('temporal');
  return createWorkerHost({
    paths: [config],
    log,
    connect: { address, namespace, env },
    taskQueue: uniqueName('host'),
    worker: { workflowBundle: bundle, plugins },
  });
}

it('a worker that cannot be made leaves no connection to Temporal open', async () => {
  const close = vi.spyOn(NativeConnection.prototype, 'close');
  const made = make(inject('temporal').address, { codePath: join(folder, 'no-bundle.cjs') });
  await expect(made).rejects.toThrow(/ENOENT/);
  expect(close).toHaveBeenCalledTimes(1);
  close.mockRestore();
});

it('the error that prevents a worker is reported, even if what it opened does not close', async () => {
  const close = vi.spyOn(NativeConnection.prototype, 'close').mockRejectedValueOnce(new Error('does not close'));
  const made = make(inject('temporal').address, { codePath: join(folder, 'no-bundle.cjs') });
  await expect(made).rejects.toThrow(/ENOENT/);
  close.mockRestore();
});

it('a worker whose drivers do not close leaves no connection to Temporal open, and says so', async () => {
  const host = await make(inject('temporal').address, await bundleOnce());
  const connection = vi.spyOn(NativeConnection.prototype, 'close');
  const drivers = vi.spyOn(host.connections, 'close').mockRejectedValueOnce(new Error('do not close'));
  host.shutdown();
  await expect(host.run()).rejects.toThrow('do not close');
  expect(connection).toHaveBeenCalledTimes(1);
  connection.mockRestore();
  drivers.mockRestore();
  await host.connections.close();
});

it('a worker starts with what is sound of its configuration, and logs what is not', async () => {
  const text = `version: 1
vaults: { local: { driver: memory, name: host }, eu: { driver: memori } }
tokens: { dev/a: { issuer: manual, ownr: web } }
`;
  await writeFile(config, text);
  const errors: [string, object | undefined][] = [];
  const log: Log = { ...silentLog, error: (message, details) => void errors.push([message, details]) };
  const host = await make(inject('temporal').address, await bundleOnce(), {}, [], log);
  try {
    expect(errors).toEqual([
      ['the configuration has problems; what is sound of it is in force', { problems: 2 }],
      [expect.stringContaining('did you mean memory? (UnknownDriver)\n  do: '), { code: 'UnknownDriver' }],
      [expect.stringContaining('unknown key ownr'), { code: 'UnknownKey' }],
    ]);
    expect(await host.connections.vault('local', 'dev')).toBeDefined();
    await expect(host.connections.vault('eu', 'dev')).rejects.toThrow('the declaration of vault eu has a problem');
  } finally {
    host.shutdown();
    await host.run();
  }
});

it('a worker does not start with a configuration that cannot be read', async () => {
  await writeFile(config, 'version: 1\nvaults: {');
  await expect(make(inject('temporal').address, await bundleOnce())).rejects.toMatchObject({ code: 'ConfigInvalid' });
});

it('a worker that is given plugins has ours, too: it keeps tokens', async () => {
  const theirs = new SimplePlugin({ name: 'theirs', activities: { audit: () => Promise.resolve() } });
  const host = await make(inject('temporal').address, await bundleOnce(), {}, [theirs]);
  try {
    const { activities } = host.worker.options;
    const there = activities instanceof Map ? [...activities.keys()] : Object.keys(activities ?? {});
    expect(there).toEqual(expect.arrayContaining([activityNames.refresh, activityNames.close, 'audit']));
  } finally {
    host.shutdown();
    await host.run();
  }
});

it('a worker whose start fails closes all that it opened: its process ends by itself', async () => {
  const { address, namespace } = inject('temporal');
  const { codePath } = await bundleOnce();
  const TEST_WORKER = JSON.stringify({ address, namespace, config, bundle: codePath });
  // It is ended by force only where it hangs.
  const { stdout } = await promisify(execFile)(process.execPath, await scriptArguments('worker-failing-start.ts'), {
    env: { PATH: process.env['PATH'], TEST_WORKER },
    timeout: 100_000,
    killSignal: 'SIGKILL',
  });
  expect(stdout).toBe('the drivers are gone\n');
});

describe('a Temporal that refuses the credentials', () => {
  it.each([
    { when: 'as soon as the worker connects', code: 16, greets: false },
    { when: 'as soon as the worker connects', code: 7, greets: false },
    { when: 'when the worker begins', code: 16, greets: true },
    { when: 'when the worker begins', code: 7, greets: true },
  ])('with $code $when, is told as such', async ({ code, greets }) => {
    const server = Object.assign(await startDenyingTemporal(), { code, greets });
    try {
      const worked = make(server.address, await bundleOnce()).then((host) => host.run());
      await expect(worked).rejects.toMatchObject({ name: 'TokenError', code: 'ServerRefused' });
    } finally {
      await server.close();
    }
  });
});

it('a Temporal that demands a client certificate is reported as such', async () => {
  const ours = await Authority.create('ours');
  const server = await startTlsTemporal({ certificate: await ours.sign(), clients: ours, version: 'TLSv1.3' });
  const authority = join(folder, 'authority.pem');
  await writeFile(authority, ours.own.cert);
  try {
    const env = { TEMPORAL_TLS: 'true', TEMPORAL_TLS_SERVER_CA_CERT_PATH: authority };
    const message = `Temporal on ${server.address} demands a client certificate`;
    const made = make(server.address, await bundleOnce(), env);
    await expect(made).rejects.toMatchObject({ name: 'TokenError', code: 'ServerRefused', message });
  } finally {
    await server.close();
  }
});

it('a driver module that changes while Temporal is being reached is reported as stale', async () => {
  const module = join(folder, 'acme.mjs');
  const schemas = 'connection: z.strictObject({}), parameters: z.strictObject({})';
  const driver = bareModule(`name: 'acme', ${schemas}, open: async () => ({}), isAuthenticationFailure: () => false`);
  await writeFile(module, `import { z } from '${zodUrl}';\n${driver}`);
  await writeFile(config, 'version: 1\ndrivers: [./acme.mjs]\nvaults: { local: { driver: memory, name: host } }\n');
  const env = {
    get ANY(): undefined {
      utimesSync(module, 1, 1);
      return undefined;
    },
  };
  const warn = vi.fn<Log['warn']>();
  const host = await make(inject('temporal').address, await bundleOnce(), env, [], { ...silentLog, warn });
  host.shutdown();
  await host.run();
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^a module of drivers has changed/), {
    module: './acme.mjs',
  });
});

it('a configuration that changes while Temporal is being reached is in force from the start', async () => {
  const late = 'version: 1\nvaults: { late: { driver: memory, name: late } }\n';
  // Whoever reaches Temporal looks at its environment first, and has read the configuration by then.
  const env = {
    get ANY(): undefined {
      writeFileSync(config, late);
      return undefined;
    },
  };
  const host = await make(inject('temporal').address, await bundleOnce(), env);
  try {
    expect((await host.connections.vault('late', 'test')).id).toEqual(expect.any(String));
  } finally {
    host.shutdown();
    await host.run();
  }
});

it('a connection of a configuration that was written a moment ago is found at once', async () => {
  const host = await make(inject('temporal').address, await bundleOnce());
  try {
    await writeFile(config, 'version: 1\nvaults: { late: { driver: memory, name: late } }\n');
    expect((await host.connections.vault('late', 'test')).id).toEqual(expect.any(String));
    await expect(host.connections.vault('never', 'test')).rejects.toMatchObject({ code: 'PolicyDenied' });
  } finally {
    host.shutdown();
    await host.run();
  }
});

it('a host that is run twice runs once, and both wait for its end', async () => {
  const host = await make(inject('temporal').address, await bundleOnce());
  const runs = [host.run(), host.run()];
  host.shutdown();
  expect(await Promise.allSettled(runs)).toEqual(Array(2).fill({ status: 'fulfilled' }));
});

it('a configuration that is read again has the credentials of its issuers looked at at once', async () => {
  const withEnd = (end: string): Promise<void> =>
    writeFile(
      config,
      `version: 1\nnotify: [{ log: true }]\nissuers: { idp: { driver: example, credentialExpiresAt: ${end} } }\n`,
    );
  const told: unknown[] = [];
  const warn: Log['warn'] = (_, fields) => {
    if (fields?.['event'] === 'credential-expiring') told.push(String(fields['expiresAt']).slice(0, 10));
  };
  await withEnd('2026-01-01');
  const host = await make(inject('temporal').address, await bundleOnce(), {}, [], { ...silentLog, warn });
  const running = host.run();
  try {
    await waitFor(() => told, { limitMs: 45_000, until: () => told.length === 1 });
    await withEnd('2026-01-02');
    await waitFor(() => told, { limitMs: 45_000, until: () => told.length === 2 });
    expect(told).toEqual(['2026-01-01', '2026-01-02']);
  } finally {
    host.shutdown();
    await running;
  }
});
