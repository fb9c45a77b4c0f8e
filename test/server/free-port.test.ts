import { expect, test } from 'vitest';
import { choosePort } from '../../src/server/free-port.js';
import { unusedPort } from '../support/unused-port.js';

test('a port that is meant for something else is left free, though nobody listens there yet', async () => {
  const from = await unusedPort();
  const port = await choosePort({ title: 'it', from, except: [from] });
  expect(port).toBeGreaterThan(from);
});
