import { expect, it } from 'vitest';
import { Session, type GlobalOptions } from '../../src/cli/session.js';
import { ioOf } from '../support/io.js';

const variables = { TOKENKEEPER_TASK_QUEUE: 'queue-v', TOKENKEEPER_PREFIX: 'prefix-v', TOKENKEEPER_CONFIG: 'v.yaml' };
const empty = { TOKENKEEPER_TASK_QUEUE: '', TOKENKEEPER_PREFIX: '', TOKENKEEPER_CONFIG: '' };
const options = { taskQueue: 'queue-o', prefix: 'prefix-o', config: ['o.yaml', 'p.yaml'] };
const defaults = { taskQueue: 'tokenkeeper', prefix: 'tokenkeeper', paths: ['tokens.yaml'] };

it.each<[string, GlobalOptions, Record<string, string>, object]>([
  ['nothing is said', {}, {}, defaults],
  ['variables are empty', {}, empty, defaults],
  ['variables say it', {}, variables, { taskQueue: 'queue-v', prefix: 'prefix-v', paths: ['v.yaml'] }],
  ['options say it', options, variables, { taskQueue: 'queue-o', prefix: 'prefix-o', paths: ['o.yaml', 'p.yaml'] }],
])('which tokens, and whose, where %s', (_, given, env, is) => {
  const { taskQueue, prefix, paths } = new Session(ioOf({ env }), given);
  expect({ taskQueue, prefix, paths }).toEqual(is);
});
