import { InvalidArgumentError, Option } from 'commander';
import { spanArgument } from './values.js';

/** `--reason`, for every command that changes something. */
export const reasonOption = (): Option =>
  new Option('--reason <text>', 'why, for the ledger and the Web UI').argParser((text: string) => {
    if (/^\P{Cc}{1,500}$/u.test(text)) return text;
    throw new InvalidArgumentError('A reason is one line of at most 500 characters.');
  });

/** `--output`; the first form is the default. */
export const outputOption = (...forms: readonly string[]): Option =>
  new Option('-o, --output <form>', 'form of the output').choices(forms).default(forms[0]);

/** `--timeout`, in ms. */
export const timeoutOption = (defaultText: string): Option =>
  new Option('--timeout <duration>', 'how long to wait')
    .argParser(spanArgument)
    .default(spanArgument(defaultText), defaultText);
