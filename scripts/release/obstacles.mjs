import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { changelogSection } from './changelog.mjs';
import { projectDir, run } from './run.mjs';

/** Reasons not to publish yet, a sentence each. */
export function obstaclesOf(manifest, lock, changelog) {
  const tag = `v${manifest.version}`;
  const section = changelogSection(changelog, manifest.version);
  const changesets = readdirSync(join(projectDir, '.changeset')).filter((name) => /^(?!README).*\.md$/.test(name));
  const built = process.env['GITHUB_REPOSITORY'] ?? '';
  const repository = manifest.repository?.url ?? '';
  return [
    [run('git', ['status', '--porcelain']) !== '', 'the checkout has changes that are not committed'],
    [!run('git', ['tag', '--points-at', 'HEAD']).split('\n').includes(tag), `HEAD has no tag ${tag}`],
    [lock.version !== manifest.version, `package-lock.json says version ${lock.version}`],
    [section === null, `CHANGELOG.md has no section ${manifest.version}`],
    [section?.heading.includes('unreleased'), `CHANGELOG.md says that ${manifest.version} is unreleased`],
    [changesets.length > 0, `changesets wait for npm run release:version: ${changesets.join(', ')}`],
    // npm refuses provenance from another repository than package.json names.
    [repository === '', 'package.json names no repository, which provenance needs'],
    [!repository.includes(built), `package.json names another repository than ${built}`],
  ].flatMap(([isSo, obstacle]) => (isSo ? [obstacle] : []));
}
