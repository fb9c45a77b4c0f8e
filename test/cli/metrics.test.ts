import { describe, expect, it } from 'vitest';
import { exitCodes } from '../../src/cli/exit-codes.js';
import { metricsAddressOf } from '../../src/cli/arguments/metrics-address.js';
import { silentLog } from '../../src/drivers.js';
import { serveMetrics } from '../../src/metrics/serve-metrics.js';
import { withCli } from '../support/cli.js';

const bench = withCli({ worker: false });
const there = { host: '127.0.0.1', port: 9464 };
const elsewhere = { host: '0.0.0.0', port: 1 };

it.each([
  { name: 'nothing', flags: {}, variable: undefined, is: undefined },
  { name: 'an empty variable', flags: {}, variable: '', is: undefined },
  { name: 'the variable', flags: {}, variable: '9464', is: there },
  { name: 'the option', flags: { metrics: elsewhere }, variable: undefined, is: elsewhere },
  { name: 'the option over the variable', flags: { metrics: elsewhere }, variable: '9464', is: elsewhere },
])('$name: where metrics are served', ({ flags, variable, is }) => {
  expect(metricsAddressOf(flags, { TOKENKEEPER_METRICS_ADDR: variable })).toEqual(is);
});

describe.each(['worker', 'up'])('%s', (command) => {
  it('refuses a malformed address before it does anything', async () => {
    const byOption = await bench.tokenkeeper([command, '--metrics', 'yes']);
    expect(byOption).toMatchObject({ code: exitCodes.usage, stdout: '' });
    expect(byOption.stderr).toContain('It is a port, or a host and a port, such as 9464, 0.0.0.0:9464 or [::1]:9464.');
    const env = { TOKENKEEPER_METRICS_ADDR: 'http://localhost:9464' };
    const byVariable = await bench.tokenkeeper([command], { env });
    expect(byVariable).toMatchObject({ code: exitCodes.usage, stdout: '' });
    expect(byVariable.stderr).toMatch(/^tokenkeeper: TOKENKEEPER_METRICS_ADDR is no address\ndo: It is a port, /);
  });
});

it('worker says which port is taken, and leaves nothing running', async () => {
  const nobody = { text: () => Promise.resolve(''), contentType: 'text/plain' };
  const other = await serveMetrics(nobody, { host: '127.0.0.1', port: 0 }, silentLog);
  const { port } = new URL(other.url);
  try {
    expect(await bench.tokenkeeper(['worker', '--metrics', port])).toMatchObject({
      code: exitCodes.failed,
      stdout: '',
      stderr: `tokenkeeper: metrics: 127.0.0.1:${port} is taken (PortTaken)\ndo: choose another port, or stop what listens there\n`,
    });
  } finally {
    await other.stop();
  }
});
