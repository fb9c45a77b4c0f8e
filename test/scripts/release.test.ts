import { cp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { newFolder } from '../support/folder.js';
import { run, type Outcome } from '../support/package.js';
import { projectDir } from '../support/temporal-paths.js';

const copied = ['package.json', 'package-lock.json', 'CHANGELOG.md', '.changeset', '.oxfmtrc.json', 'scripts'];
const timeoutMs = 120_000;
let folder: string;
const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
const changeset = "---\n'temporal-tokenkeeper': minor\n---\n\nA sink for Acme.\n";
const setVersion = (text: string): string => text.replace(/"version": "[^"]+"/, '"version": "0.1.0"');

const git = (...args: string[]): Promise<Outcome> =>
  run(folder, 'git', ['-c', 'user.name=test', '-c', 'user.email=test@example.test', ...args]);

async function commit(message: string): Promise<void> {
  await git('add', '.');
  await git('commit', '--quiet', `--message=${message}`);
}

async function edit(name: string, change: (text: string) => string): Promise<void> {
  await writeFile(join(folder, name), change(await read(name)));
}

function release(flag = '--out=release', env: Record<string, string> = {}): Promise<Outcome> {
  return run(folder, process.execPath, ['scripts/release.mjs', flag], { env, codes: [1] });
}

/** A repository of its own, with what a version is made of. */
beforeAll(async () => {
  folder = await newFolder();
  for (const name of copied) await cp(join(projectDir, name), join(folder, name), { recursive: true });
  await symlink(join(projectDir, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, '.gitignore'), 'node_modules\n');
  // Before a release, whatever the version of this checkout is.
  await edit('CHANGELOG.md', (text) => text.replace(/^## .*$/m, '## 0.1.0 (unreleased)'));
  await edit('package.json', setVersion);
  await edit('package-lock.json', setVersion);
  await git('init', '--quiet', '--initial-branch=main');
  await commit('a beginning');
}, timeoutMs);

// One repository, step by step.
describe('a release', { shuffle: false }, () => {
  test(
    'nothing is published while something stands in the way; each thing is said',
    { timeout: timeoutMs },
    async () => {
      await writeFile(join(folder, '.changeset/brave-sink.md'), changeset);
      const { code, output } = await release();
      expect(code).toBe(1);
      expect(output.trim().split('\n')).toEqual([
        'refused: the checkout has changes that are not committed',
        'refused: HEAD has no tag v0.1.0',
        'refused: CHANGELOG.md says that 0.1.0 is unreleased',
        'refused: changesets wait for npm run release:version: brave-sink.md',
        'refused: package.json names no repository, which provenance needs',
      ]);
      await rm(join(folder, '.changeset/brave-sink.md'));
    },
  );

  test(
    'a tagged, dated, committed version of a named repository has nothing in its way',
    { timeout: timeoutMs },
    async () => {
      await edit('CHANGELOG.md', (text) => text.replace('(unreleased)', '(2026-01-02)'));
      const repository = '"repository": { "type": "git", "url": "git+https://example.test/acme/tokenkeeper.git" },';
      await edit('package.json', (text) => text.replace('"license"', `${repository} "license"`));
      await commit('0.1.0');
      await git('tag', 'v0.1.0');
      // There is nothing to build here.
      const { output } = await release('--dry-run');
      expect(output).not.toContain('would be refused');
      expect(output).toContain('tsconfig.package.json');
      const elsewhere = await release('--dry-run', { GITHUB_REPOSITORY: 'mallory/tokenkeeper' });
      expect(elsewhere.output).toContain(
        'would be refused: package.json names another repository than mallory/tokenkeeper',
      );
    },
  );

  test('npm publish by hand is refused, with the way to go', { timeout: timeoutMs }, async () => {
    const { output } = await run(folder, 'npm', ['publish', '--dry-run'], { codes: [1] });
    expect(output).toContain('npm run release publishes');
  });

  test(
    'a changeset becomes the next version in package.json, the lock file and the change log, newest first',
    { timeout: timeoutMs },
    async () => {
      await writeFile(join(folder, '.changeset/brave-sink.md'), changeset);
      await commit('acme');
      const before = JSON.parse(await read('package-lock.json')) as { packages: object };

      await run(folder, process.execPath, ['scripts/release/version.mjs']);

      expect(JSON.parse(await read('package.json'))).toMatchObject({ version: '0.2.0' });
      const after = JSON.parse(await read('package-lock.json')) as { version: string; packages: object };
      expect(after).toMatchObject({ version: '0.2.0', packages: { '': { version: '0.2.0' } } });
      expect(Object.keys(after.packages)).toEqual(Object.keys(before.packages));
      const changelog = await read('CHANGELOG.md');
      const headings = changelog.split('\n').filter((line) => /^#{1,2} /.test(line));
      expect(headings[1]).toMatch(/^## 0\.2\.0 \(\d{4}-\d{2}-\d{2}\)$/);
      expect(headings[2]).toBe('## 0.1.0 (2026-01-02)');
      expect(changelog).toMatch(/### Minor Changes\n\n- .*A sink for Acme\./);
      const { stdout } = await git('status', '--porcelain');
      expect(stdout).toBe(' D .changeset/brave-sink.md\n M CHANGELOG.md\n M package-lock.json\n M package.json\n');
    },
  );
});
