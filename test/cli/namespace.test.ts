import { beforeAll, describe, expect, it } from 'vitest';
import { withCli } from '../support/cli.js';

const bench = withCli({ worker: false });
const key = bench.key('one');

beforeAll(() => bench.declare({ [key]: { issuer: 'manual' } }));

describe('a namespace that Temporal does not have', () => {
  it.each([
    ['list', '-o', 'json'],
    ['plan', '-o', 'json'],
    ['status', key, '-o', 'json'],
    ['apply'],
    ['pause', key],
    ['rotate', key, '--wait'],
    ['upgrade', '--all'],
    ['eject', '--yes'],
    ['worker'],
  ])('is named by %s, with what to do', async (...argv) => {
    const { code, stdout, stderr } = await bench.tokenkeeper(['--namespace', 'nowhere', ...argv]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'tokenkeeper: Temporal has no namespace "nowhere" (ConfigInvalid)\n' +
        'do: correct --namespace, TEMPORAL_NAMESPACE or the profile; or: temporal operator namespace create\n',
    );
  });
});

it('doctor names a namespace that Temporal does not have', async () => {
  const { code, stdout } = await bench.tokenkeeper(['--namespace', 'nowhere', 'doctor']);
  expect(code).toBe(1);
  expect(stdout).toContain('Temporal has no namespace "nowhere" (ConfigInvalid)');
});

it('what Temporal refuses otherwise is told in its words', async () => {
  const { code, stderr } = await bench.raw([...bench.flags, '--namespace', `not:${'x'.repeat(2_000)}`, 'status', key]);
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^tokenkeeper: Temporal refuses this: \S/),
  });
});
