import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { FewActivities } from './workflows/fewest-steps.js';
import type { HandActivities } from './workflows/hand-written.js';

/**
 * Activities for the hand-written loop and for the one with the fewest steps, with the same provider: plain fetch, one JSON file per
 * token, written with fsync and rename.
 */
export function createHandActivities(
  folder: string,
  provider: string,
  clientSecret: string,
): HandActivities & FewActivities & { count(): number } {
  const authorization = `Basic ${Buffer.from(`tokenkeeper:${clientSecret}`).toString('base64')}`;
  let count = 0;
  const generations = new Map<number, number>();
  const fresh = new Map<string, string>();
  const place = (id: number, generation: number): string => `${id}-${generation}`;

  async function post(path: string, fields: Record<string, string>): Promise<unknown> {
    const response = await fetch(`${provider}${path}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const text = await response.text();
    return text === '' ? null : JSON.parse(text);
  }

  async function replace(file: string, text: string): Promise<void> {
    const handle = await open(`${file}.new`, 'w', 0o600);
    await handle.writeFile(text);
    await handle.sync();
    await handle.close();
    await rename(`${file}.new`, file);
  }

  const read = (id: number, generation: number): Promise<string> =>
    readFile(join(folder, 'vault', place(id, generation)), 'utf8');

  const steps: HandActivities = {
    async issue(id) {
      const answer = (await post('/token', { grant_type: 'client_credentials', scope: 'invoices:read' })) as {
        access_token: string;
      };
      const generation = (generations.get(id) ?? 0) + 1;
      generations.set(id, generation);
      fresh.set(place(id, generation), answer.access_token);
      return { generation };
    },
    async store(id, generation) {
      await mkdir(join(folder, 'vault'), { recursive: true });
      await replace(join(folder, 'vault', place(id, generation)), fresh.get(place(id, generation)) ?? '');
      fresh.delete(place(id, generation));
    },
    async verify(id, generation) {
      const answer = (await post('/token/introspection', { token: await read(id, generation) })) as { active: boolean };
      if (!answer.active) throw new Error('inactive');
    },
    async deliver(id, generation, sink) {
      await mkdir(join(folder, sink), { recursive: true });
      await replace(join(folder, sink, String(id)), await read(id, generation));
      if (sink === 'two') count++;
    },
    async revoke(id, generation) {
      await post('/token/revocation', { token: await read(id, generation) });
    },
  };
  return {
    ...steps,
    count: () => count,
    async rotate(id) {
      const { generation } = await steps.issue(id);
      await steps.store(id, generation);
      await steps.verify(id, generation);
      for (const sink of ['one', 'two']) await steps.deliver(id, generation, sink);
      return { generation };
    },
  };
}
