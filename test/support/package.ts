import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { madeOnce } from './made-once.js';
import { projectDir } from './temporal-paths.js';

const execute = promisify(execFile);
const consumerSources = join(projectDir, 'test/package/consumer');

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly engines: { readonly node: string };
  readonly scripts: Record<string, string>;
  readonly exports: Record<string, string | Record<string, string>>;
  readonly bin: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
  readonly peerDependenciesMeta: Record<string, { readonly optional: boolean }>;
}

export interface Release {
  readonly tarball: string;
  readonly sbom: string;
  readonly notes: string;
  /** The script's output. */
  readonly output: string;
}

export async function readManifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(projectDir, 'package.json'), 'utf8')) as Manifest;
}

/** The result of the release script for this checkout, without publishing; once per run. */
export async function releaseOnce(): Promise<Release> {
  const { name, version } = await readManifest();
  const folder = await madeOnce(join(inject('runDir'), 'release'), async (unfinished) => {
    const argv = ['scripts/release.mjs', '--dry-run', '--out', unfinished];
    const { output } = await run(projectDir, process.execPath, argv);
    await writeFile(join(unfinished, 'output.txt'), output);
  });
  return {
    tarball: join(folder, `${name}-${version}.tgz`),
    sbom: join(folder, `${name}-${version}.cdx.json`),
    notes: join(folder, 'notes.md'),
    output: await readFile(join(folder, 'output.txt'), 'utf8'),
  };
}

/** An empty project with the packed package, its peers and the programs of test/package/consumer; once per run. @returns its folder */
export async function installOnce(): Promise<string> {
  const { tarball } = await releaseOnce();
  return madeOnce(join(inject('runDir'), 'consumer'), (unfinished) => install(tarball, unfinished));
}

async function install(tarball: string, unfinished: string): Promise<void> {
  await mkdir(unfinished);
  await writeFile(join(unfinished, 'package.json'), '{ "private": true }');
  const { devDependencies, peerDependencies, peerDependenciesMeta } = await readManifest();
  const required = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  // In the versions tested here: a new release of Temporal must not break our build on the day it comes out.
  const wanted = [...required, 'vitest', 'typescript', '@types/node'];
  const packages = wanted.map((name) => `${name}@${devDependencies[name]}`);
  await run(unfinished, 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball, ...packages]);
  await cp(consumerSources, unfinished, { recursive: true });
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  /** Both streams. */
  readonly output: string;
}

export interface RunOptions {
  readonly env?: Record<string, string>;
  /** Exit codes that are not failures. Default: only 0. */
  readonly codes?: readonly number[];
}

/** Runs a program to its end, as a user would: nothing of vitest's environment reaches it. @throws Error with its output, for another exit code */
export async function run(
  cwd: string,
  program: string,
  args: readonly string[],
  { env = {}, codes = [0] }: RunOptions = {},
): Promise<Outcome> {
  const { PATH = '', HOME = '' } = process.env;
  const options = { cwd, env: { PATH, HOME, NO_COLOR: '1', ...registrySettings(), ...env }, timeout: 240_000 };
  const { code, stdout, stderr } = await execute(program, [...args], { ...options, maxBuffer: 64 * 2 ** 20 }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code?: number | null; stdout?: string; stderr?: string }) => ({
      code: error.code ?? -1,
      stdout: error.stdout ?? '',
      stderr: error.stderr ?? '',
    }),
  );
  const output = `${stdout}${stderr}`;
  if (!codes.includes(code)) throw new Error(`${[program, ...args].join(' ')} ended with ${code}:\n${output}`);
  return { code, stdout, output };
}

/** The environment's settings for npm's and Node's registry and certificates. */
function registrySettings(): Record<string, string> {
  const names = /^(npm_config_(registry|userconfig|globalconfig|cafile|cache)|NODE_EXTRA_CA_CERTS|https?_proxy)$/i;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      names.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}
