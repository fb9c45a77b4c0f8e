import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

/**
 * What the package brings along: its dependencies and theirs, in the versions of the lock file.
 *
 * Not `npm sbom --omit=dev`: that leaves out everything that a development package needs too, which would be `jose` and `yaml`
 * (seen with npm 10 and 11). So the development packages are taken out of the lock file first.
 * @param folder empty; its last name has to be the package's, which npm writes into the SBOM
 * @returns the SBOM as text, CycloneDX 1.5
 */
export function makeSbom(manifest, lock, folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(withoutDevelopment(manifest)));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(productionLock(lock)));
  return run('npm', ['sbom', '--sbom-format=cyclonedx', '--sbom-type=library', '--package-lock-only'], { cwd: folder });
}

/** Temporal's packages are the user's own (peers), in versions that we don't know: none of ours to list. */
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
