import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { paintFor } from '../../src/cli/terminal/paint.js';

const pipe = new PassThrough();
const terminal = Object.assign(new PassThrough(), { isTTY: true });

it.each([
  ['a terminal', terminal, {}, true],
  ['a pipe', pipe, {}, false],
  ['a terminal that knows no control codes', terminal, { TERM: 'dumb' }, false],
  ['a terminal under NO_COLOR', terminal, { NO_COLOR: '1' }, false],
  ['a terminal under an empty NO_COLOR', terminal, { NO_COLOR: '' }, true],
  ['a pipe under FORCE_COLOR', pipe, { FORCE_COLOR: '1' }, true],
  ['a pipe under an empty FORCE_COLOR', pipe, { FORCE_COLOR: '' }, false],
  ['a terminal under FORCE_COLOR=0', terminal, { FORCE_COLOR: '0' }, false],
  ['a pipe under both: none wins', pipe, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
])('%s: whether there are colors', (_, output, env, isColored) => {
  expect(paintFor(output, env).green('well') !== 'well').toBe(isColored);
});
