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
  const values = valuesOf(argv);
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

const string = { type: 'string' } as const;
const options = { port: string, 'ui-port': string, 'provider-port': string, 'receiver-port': string };

function valuesOf(argv: readonly string[]): Partial<Record<keyof typeof options, string>> {
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    throw new TokenError('ConfigInvalid', error instanceof Error ? error.message : String(error), {
      do: `the options are ${Object.keys(options)
        .map((name) => `--${name} NUMBER`)
        .join(', ')}, behind npm start --`,
    });
  }
}
