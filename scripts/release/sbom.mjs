import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

/**
 * The package's dependencies and theirs, in the versions of the lock file.
 *
 * Not `npm sbom --omit=dev`: that also leaves out everything that a development package needs, such as `jose` and `yaml` (seen with npm
 * 10 and 11).
 * So the development packages are first removed from the lock file.
 * @param folder empty; its last name must be the package's, which npm writes into the SBOM
 * @returns the SBOM as text, CycloneDX 1.5
 */
export function makeSbom(manifest, lock, folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(withoutDevelopment(manifest)));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(productionLock(lock)));
  return run('npm', ['sbom', '--sbom-format=cyclonedx', '--sbom-type=library', '--package-lock-only'], { cwd: folder });
}

/** Temporal's packages are peers that the user installs, in versions that we don't know: not listed. */
function withoutDevelopment(manifest) {
  const left = { ...manifest };
  for (const part of ['devDependencies', 'peerDependencies', 'peerDependenciesMeta']) delete left[part];
  return left;
}

function productionLock(lock) {
  const { '': root, ...others } = lock.packages;
  const packages = Object.entries(others).filter(([, { dev }]) => dev !== true);
  return { ...lock, packages: { '': withoutDevelopment(root), ...Object.fromEntries(packages) } };
}
