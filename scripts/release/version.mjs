// release:version: turns the waiting changesets into the next version, in package.json, package-lock.json and CHANGELOG.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { dateSection } from './changelog.mjs';
import { projectDir, run } from './run.mjs';

const read = (name) => readFileSync(`${projectDir}/${name}`, 'utf8');
const write = (name, text) => writeFileSync(`${projectDir}/${name}`, text);

console.log(run(process.execPath, ['node_modules/@changesets/cli/bin.js', 'version']));
const { version } = JSON.parse(read('package.json'));

// Not `npm install --package-lock-only`: it would drop the native packages of other platforms (see complete-lock.mjs).
const lock = JSON.parse(read('package-lock.json'));
lock.version = version;
lock.packages[''].version = version;
write('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);

write('CHANGELOG.md', dateSection(read('CHANGELOG.md'), version, new Date().toISOString().slice(0, 10)));
run(process.execPath, ['node_modules/oxfmt/bin/oxfmt', '--write', 'CHANGELOG.md', 'package.json']);
console.log(`version ${version}: look at it, commit it, tag it v${version}`);
