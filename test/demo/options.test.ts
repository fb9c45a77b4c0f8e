import { expect, test } from 'vitest';
import { readOptions } from '../../demo/options.js';

test.each([
  ['--port=0', '--port is not a port: 0'],
  ['--ports=1', "Unknown option '--ports'"],
  ['extra', "Unexpected argument 'extra'"],
])('%s is refused with what helps', (argument, words) => {
  expect(() => readOptions([argument])).toThrow(
    expect.objectContaining({
      code: 'ConfigInvalid',
      message: expect.stringContaining(words),
      do: expect.stringMatching(/^(give a number from 1 to 65535|the options are --port NUMBER, .*)$/),
    }) as Error,
  );
});
