// release [--dry-run] [--out FOLDER]: makes a fresh build, packs it, writes the SBOM and the notes into FOLDER (release/), publishes with
// provenance.
// --dry-run publishes nothing, and lists what would prevent it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { changelogSection } from './release/changelog.mjs';
import { obstaclesOf } from './release/obstacles.mjs';
import { projectDir, run } from './release/run.mjs';
import { makeSbom } from './release/sbom.mjs';
import { pack, stagePackage } from './release/stage.mjs';

const options = { 'dry-run': { type: 'boolean', default: false }, out: { type: 'string', default: 'release' } };
const { 'dry-run': isDryRun, out } = parseArgs({ options }).values;
const outDir = resolve(out);
const read = (name) => readFileSync(join(projectDir, name), 'utf8');
const manifest = JSON.parse(read('package.json'));
const lock = JSON.parse(read('package-lock.json'));
const changelog = read('CHANGELOG.md');
const { name, version } = manifest;

const obstacles = obstaclesOf(manifest, lock, changelog);
for (const obstacle of obstacles) console.log(`${isDryRun ? 'would be refused' : 'refused'}: ${obstacle}`);
if (obstacles.length > 0 && !isDryRun) process.exit(1);

const workDir = mkdtempSync(join(tmpdir(), 'tokenkeeper-release-'));
try {
  mkdirSync(outDir, { recursive: true });
  const staged = join(workDir, 'package');
  stagePackage(manifest, staged);
  const tarball = pack(staged, outDir);
  writeFileSync(join(outDir, `${name}-${version}.cdx.json`), makeSbom(manifest, lock, join(workDir, 'sbom', name)));
  writeFileSync(join(outDir, 'notes.md'), `${changelogSection(changelog, version)?.text ?? ''}\n`);
  console.log(`made ${tarball}`);
  // Publishes the inspected file, not the folder.
  const how = ['--provenance', '--access', 'public', '--tag', version.includes('-') ? 'next' : 'latest'];
  console.log(run('npm', ['publish', tarball, ...how, ...(isDryRun ? ['--dry-run'] : [])]));
  console.log(isDryRun ? `dry run: ${name} ${version} was not published` : `published ${name} ${version}`);
} finally {
  rmSync(workDir, { recursive: true, force: true });
}
