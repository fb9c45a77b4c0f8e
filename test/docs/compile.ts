import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, parse } from 'node:path';
import { projectDir } from '../support/temporal-paths.js';

/** A file that is not in the project. */
export interface ShownFile {
  /** Within a folder of its own. */
  readonly path: string;
  readonly text: string;
}

/** Public names of the package, as its sources. */
const paths = {
  'temporal-tokenkeeper': ['src/index.ts'],
  'temporal-tokenkeeper/client': ['src/client/index.ts'],
  'temporal-tokenkeeper/testing': ['test/contracts/index.ts'],
  'temporal-tokenkeeper/workflows': ['src/workflows/index.ts'],
};

/**
 * Type-checks files with the project's own settings, against its sources.
 * @returns what is wrong: `path(line,column): error code: message`
 */
export async function typeCheck(files: readonly ShownFile[]): Promise<string[]> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'tokenkeeper-docs-')));
  try {
    await symlink(join(projectDir, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
    for (const { path, text } of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    return problemsIn(await outputOf(folder));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const settings = {
  extends: join(projectDir, 'tsconfig.json'),
  compilerOptions: {
    noEmit: true,
    declaration: false,
    incremental: false,
    tsBuildInfoFile: null,
    rootDir: parse(projectDir).root,
    paths: Object.fromEntries(
      Object.entries(paths).map(([name, [source]]) => [name, [join(projectDir, source ?? '')]]),
    ),
  },
  include: ['**/*.ts'],
};

function outputOf(folder: string): Promise<string> {
  const tsc = join(projectDir, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], { cwd: folder }, (error, stdout, stderr) => {
      if (stderr !== '') reject(new Error(stderr));
      else resolve(stdout);
    });
  });
}

/** A message may go on in indented lines. */
function problemsIn(output: string): string[] {
  return output
    .split(/\n(?!\s)/)
    .map((problem) => problem.trim())
    .filter((problem) => problem !== '');
}
