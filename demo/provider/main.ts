import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startServer } from './server.js';

/**
 * The demo's authorization server as its own process. Prints ONE JSON line when it is ready: `{"ready":true,"port":…,"issuer":"…"}`.
 * SIGTERM and SIGINT end it in order; with --until-stdin-ends so does the end of its stdin, for parents that may be killed.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    state: { type: 'string' },
    ttl: { type: 'string', default: '60' },
    'client-secret-file': { type: 'string' },
    'default-resource': { type: 'string' },
    'until-stdin-ends': { type: 'boolean', default: false },
  },
});
const secretFile = values['client-secret-file'];
if (secretFile === undefined) throw new Error('--client-secret-file is missing');

const server = await startServer({
  port: Number(values.port),
  clientSecret: readFileSync(secretFile, 'utf8').trim(),
  accessTokenTtlS: Number(values.ttl),
  onServerError: (message) => console.error(`provider: ${message}`),
  ...(values.state === undefined ? {} : { stateFile: values.state }),
  ...(values['default-resource'] === undefined ? {} : { defaultResource: values['default-resource'] }),
});

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await server.close();
  process.exit(0);
}
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
if (values['until-stdin-ends']) process.stdin.on('end', () => void stop()).resume();

console.log(JSON.stringify({ ready: true, port: server.port, issuer: server.issuer }));
