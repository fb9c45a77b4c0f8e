import { expect, test } from 'vitest';
import { choosePort } from '../../src/server/free-port.js';
import { unusedPort } from '../support/unused-port.js';

test('a port that is meant for something else is left free, though nobody listens there yet', async () => {
  const from = await unusedPort();
  const port = await choosePort({ title: 'it', from, except: [from] });
  expect(port).toBeGreaterThan(from);
});

test('a port that was asked for and is meant for something else is refused, though nobody listens there yet', async () => {
  const asked = await unusedPort();
  await expect(choosePort({ title: 'it', asked, from: asked, except: [asked] })).rejects.toMatchObject({
    code: 'PortTaken',
    message: `it: port ${asked} is wanted for something else, too`,
    do: 'choose another port',
  });
});
