// Runs before `npm test`, `npm start` and the like, so that a fresh clone needs no other step. Plain JavaScript without dependencies.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const projectDir = fileURLToPath(new URL('..', import.meta.url));

/** The packages of a lock file: path → version. */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(`${projectDir}/${file}`, 'utf8')).packages;
  } catch {
    return {};
  }
}

/** Whether every package of the lock file is in node_modules with that version. Compares versions, not dates, which a checkout changes. */
function isInstalled() {
  const there = packagesOf('node_modules/.package-lock.json');
  const wanted = Object.entries(packagesOf('package-lock.json'));
  return wanted.every(([path, { version, optional }]) => path === '' || optional || there[path]?.version === version);
}

/** Runs npm in the project's folder; returns whether it succeeded. */
function npm(...args) {
  console.log(`npm ${args.join(' ')}`);
  const options = { cwd: projectDir, stdio: 'inherit', shell: process.platform === 'win32' };
  return spawnSync('npm', [...args, '--no-audit', '--no-fund'], options).status === 0;
}

if (!isInstalled()) {
  // A lock file without the native packages of some platform fails `npm ci` (see complete-lock.mjs), but not `npm install`.
  process.exit(npm('ci') || npm('install', '--no-save') ? 0 : 1);
}
