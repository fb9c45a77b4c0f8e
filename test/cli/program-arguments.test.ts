import { expect, it } from 'vitest';
import { pathsArgument } from '../../src/cli/arguments/connection-options.js';
import { programArguments } from '../../src/cli/arguments/program-arguments.js';
import { buildProgram } from '../../src/cli/program.js';

it('an empty path of the configuration is refused: it is that of an unset variable', () => {
  expect(() => pathsArgument('', ['a.yaml'])).toThrow('It is empty.');
  expect(pathsArgument('b.yaml', ['a.yaml'])).toEqual(['a.yaml', 'b.yaml']);
});

const program = buildProgram(() => () => Promise.resolve());

it.each([
  ['its program has options', 'exec -t a/b=X sh -c echo', 'exec -t a/b=X -- sh -c echo'],
  ['they look like ours', 'exec -t a/b node x.js --no-masking -t y', 'exec -t a/b -- node x.js --no-masking -t y'],
  ['values are attached', 'run -ta/b --signal=SIGHUP env', 'run -ta/b --signal=SIGHUP -- env'],
  ['our own options come first', '-c x exec --no-masking -c y -t a/b env', '-c x exec --no-masking -c y -t a/b -- env'],
  ['it is there', 'exec -t a/b -- sh -c x', 'exec -t a/b -- sh -c x'],
  ['there is no program', 'exec -t a/b', 'exec -t a/b'],
  ['it is another command', 'rotate a/b --wait', 'rotate a/b --wait'],
  ['help is wanted', 'exec --help', 'exec --help'],
])('exec: what begins with its program is the program’s: where %s', (_, given, meant) => {
  expect(programArguments(program, given.split(' ')).join(' ')).toBe(meant);
});
