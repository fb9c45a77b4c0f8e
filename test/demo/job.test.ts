import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { PastedJob } from '../../demo/job.js';

test.each([
  ['expired', -1],
  ['refused', 60_000],
])('the pasted token is called %s where its life ends in %i ms', async (why, leftMs) => {
  const api = createServer((_, response) => response.writeHead(401).end());
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const address = api.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    const job = new PastedJob(`http://127.0.0.1:${port}`, {
      value: 'x',
      generation: 1,
      expiresAt: Date.now() + leftMs,
    });
    await job.call();
    expect(job).toMatchObject({ ok: 0, failed: 1, lastFailure: `401 ${why}` });
  } finally {
    api.close();
  }
});
