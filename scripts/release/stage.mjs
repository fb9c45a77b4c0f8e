import { cpSync, mkdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir, run } from './run.mjs';

/** Files that npm packs regardless of `files`. */
const always = ['package.json', 'README.md', 'LICENSE'];

/**
 * Builds the package into an empty folder, so that it contains no leftovers of an older build, and users of dist/ are not disturbed.
 * @throws Error when it does not compile
 */
export function stagePackage(manifest, folder) {
  const outDir = join(folder, 'dist');
  mkdirSync(folder, { recursive: true });
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.package.json', '--outDir', outDir]);
  run(process.execPath, ['scripts/copy-assets.mjs', outDir]);
  // Resolved from there, but not packed.
  const modules = join(folder, 'node_modules');
  symlinkSync(join(projectDir, 'node_modules'), modules);
  run(process.execPath, ['scripts/bundle-workflows.mjs', outDir]);
  unlinkSync(modules);
  const shipped = manifest.files.filter((path) => !path.startsWith('dist/'));
  for (const path of [...always, ...shipped]) cpSync(join(projectDir, path), join(folder, path), { recursive: true });
}

/** Packs a staged folder. @returns the file's path */
export function pack(folder, outDir) {
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', outDir], { cwd: folder }),
  );
  return join(outDir, filename);
}
