import { pino, type DestinationStream } from 'pino';
import type { Log } from '../drivers.js';

/** Structured logs, one JSON line each. Redaction is only the last safety net: no caller may pass a secret. */
export function createLog(destination?: DestinationStream): Log {
  const options = {
    name: 'tokenkeeper',
    redact: { paths: ['value', 'token', 'secret', 'password', '*.value', '*.token', '*.secret'], censor: '[secret]' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  };
  const logger = destination === undefined ? pino(options) : pino(options, destination);
  return {
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  };
}
