// Run in an image's build only: rewrites package.json so that `npm prune --omit=dev` keeps Temporal's packages.
// A library leaves those to the application that uses it; in the image we are the application.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package.json', import.meta.url);
const manifest = JSON.parse(readFileSync(file, 'utf8'));
const isKept = (name) => name.startsWith('@temporalio/') && name !== '@temporalio/testing';

for (const [name, version] of Object.entries(manifest.devDependencies)) {
  if (!isKept(name)) continue;
  manifest.dependencies[name] = version;
  delete manifest.devDependencies[name];
}
delete manifest.peerDependencies;
delete manifest.peerDependenciesMeta;
writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
