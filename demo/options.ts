import { parseArgs } from 'node:util';
import { TokenError } from '../src/core/errors.js';

/** Ports requested on the command line; undefined: the next free one. */
export interface DemoOptions {
  readonly port: number | undefined;
  readonly uiPort: number | undefined;
  readonly providerPort: number | undefined;
  readonly receiverPort: number | undefined;
}

/** Reads the command line. @throws TokenError `ConfigInvalid` */
export function readOptions(argv: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: 'string' },
      'ui-port': { type: 'string' },
      'provider-port': { type: 'string' },
      'receiver-port': { type: 'string' },
    },
  });
  const port = (name: keyof typeof values): number | undefined => {
    const text = values[name];
    if (text === undefined) return undefined;
    const number = Number(text);
    if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
    throw new TokenError('ConfigInvalid', `--${name} is not a port: ${text}`, { do: 'give a number from 1 to 65535' });
  };
  return {
    port: port('port'),
    uiPort: port('ui-port'),
    providerPort: port('provider-port'),
    receiverPort: port('receiver-port'),
  };
}
