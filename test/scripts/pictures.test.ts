import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { findPrograms } from '../../scripts/pictures/programs.js';
import { terminalPage } from '../../scripts/pictures/terminal-page.js';
import { newFolder } from '../support/folder.js';

let folder = '';

beforeAll(async () => {
  folder = await newFolder();
  await writeFile(join(folder, 'tmux'), '');
  await chmod(join(folder, 'tmux'), 0o755);
  await writeFile(join(folder, 'chromium'), 'not a program');
});

test.each([
  ['Chromium', { PATH: '' }, 'Chromium is missing: apt-get install chromium, or CHROMIUM=/path/to/it'],
  ['tmux', { PATH: '', CHROMIUM: '/somewhere' }, 'tmux is missing: apt-get install tmux'],
])('pictures without %s say how to get it', (_name, env, message) => {
  expect(() => findPrograms(env)).toThrow(message);
});

test('pictures use programs from PATH, and no file that is not executable', () => {
  expect(findPrograms({ PATH: folder, CHROMIUM: '/somewhere' })).toEqual({
    chromium: '/somewhere',
    tmux: join(folder, 'tmux'),
  });
  expect(() => findPrograms({ PATH: folder })).toThrow('Chromium is missing');
});

test('a terminal is shown with its colors and its inverse line, and its text stays text', () => {
  const page = terminalPage('\u001b[31m401 <b>\u001b[0m\n\u001b[7m[q]uit\u001b[0m\n\n\n');
  expect(page).toContain(
    '<pre><span class="ansi-red-fg">401 &lt;b&gt;</span>\n<span class="ansi-black-fg ansi-white-bg">[q]uit</span></pre>',
  );
});
