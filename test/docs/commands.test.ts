import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.js';
import { errorTable } from '../../src/core/errors.js';
import { refusalTable } from '../../src/core/lifecycle/refusals.js';
import { projectDir } from '../support/temporal-paths.js';
import { blocksIn, documents, placeOf, readDocument } from './markdown.js';

const program = buildProgram(() => async () => {});
const { scripts } = JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const shell = blocksIn('sh');

/** The commands of a line of shell: each from its `tokenkeeper` to the next operator or comment, or to `--`. */
function tokenkeeperCalls(text: string): string[][] {
  return text
    .split('\n')
    .flatMap((line) => line.replace(/(^|\s)#.*$/, '').split(/&&|\|\||[;|<>]/))
    .map((part) => part.trim().split(/\s+/))
    .flatMap((words) => {
      const start = words.findIndex((word) => word === 'tokenkeeper');
      const before = words.slice(0, Math.max(0, start));
      // The name of a folder, of a service, of an image.
      const isCall = start >= 0 && before.every((word) => word === 'npx' || word.includes('='));
      return isCall ? [words.slice(start + 1)] : [];
    });
}

/** What is wrong with a call; null: nothing. */
function faultOf(words: readonly string[]): string | null {
  let command: Command = program;
  for (const [index, word] of words.entries()) {
    if (word === '--') break;
    if (word.startsWith('-')) {
      const known = [...command.options, ...program.options].some(({ long, short }) => word === long || word === short);
      if (!known && word !== '--help') return `tokenkeeper ${words.join(' ')}: no option ${word}`;
      continue;
    }
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (next !== undefined) command = next;
    else if (index === 0) return `tokenkeeper ${words.join(' ')}: no command ${word}`;
    // A word behind an option is its value.
    else if (command.registeredArguments.length === 0 && words[index - 1]?.startsWith('-') === false)
      return `tokenkeeper ${words.join(' ')}: no argument ${word}`;
  }
  return null;
}

test('the check finds commands and options that are not there', () => {
  expect(
    tokenkeeperCalls('cd tokenkeeper && npx tokenkeeper plan && X=1 tokenkeeper apply --wait # tokenkeeper no'),
  ).toEqual([['plan'], ['apply', '--wait']]);
  expect(faultOf(['aply'])).toMatch('no command aply');
  expect(faultOf(['apply', '--force'])).toMatch('no option --force');
  expect(faultOf(['eject', 'KEY'])).toMatch('no argument KEY');
  expect(faultOf(['exec', '-t', 'a/b', '--', 'x', '--force'])).toBeNull();
});

const remedies = [...Object.entries(errorTable), ...Object.entries(refusalTable)].map(
  ([code, { do: remedy }]) => [code, remedy] as const,
);

test.each(remedies)('every command of what to do about %s exists', (_code, remedy) => {
  const calls = [...remedy.matchAll(/(?:^|: )tokenkeeper ([^;,]+)/g)].map(([, words = '']) => words.split(' '));
  expect(calls.map(faultOf).filter((fault) => fault !== null)).toEqual([]);
});

test.each(shell.map((block) => [placeOf(block), block.text] as const))('every command of %s exists', (_, text) => {
  expect(
    tokenkeeperCalls(text)
      .map(faultOf)
      .filter((fault) => fault !== null),
  ).toEqual([]);
});

describe('inline', () => {
  test.each(documents)('every `tokenkeeper …` and `npm run …` of %s exists', (document) => {
    const inline = [...readDocument(document).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
    const faults = inline
      .flatMap(tokenkeeperCalls)
      .filter(([first]) => first !== undefined && /^[a-z]/.test(first))
      .map(faultOf);
    expect(faults.filter((fault) => fault !== null)).toEqual([]);
    const run = inline.flatMap((code) => [...code.matchAll(/npm run ([\w:]+)/g)]).map(([, name = '']) => name);
    expect(run.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});

test.each(shell.map((block) => [placeOf(block), block.text] as const))(
  '%s is shell, and its npm scripts exist',
  (_, text) => {
    const named = [...text.matchAll(/npm (?:run ([\w:]+)|(start|test))/g)].map(([, run, short]) => run ?? short ?? '');
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
    // `<this repository>` would be a redirection.
    const input = text.replaceAll('<this repository>', 'URL');
    const { status, stderr } = spawnSync('bash', ['-n'], { input, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  },
);
