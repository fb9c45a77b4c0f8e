import { CommanderError } from 'commander';
import { grpcCodes } from '../client/grpc-codes.js';
import { ConfigProblems, formatProblem } from '../config/problems.js';
import { TokenError } from '../core/errors.js';
import { RequestRefused } from '../core/lifecycle/refusals.js';
import { namedRemedy, noTemporalRemedy } from '../core/remedies.js';
import { kindOf } from '../core/unexpected.js';
import { exitCodes } from './exit-codes.js';
import type { Io } from './io.js';
import { safeText } from './terminal/safe-text.js';
import { plural } from './terminal/words.js';

/** Ends a command with an exit code and a reason. */
export class Failure extends Error {
  constructor(
    readonly exitCode: number,
    message: string,
    /** null: a person chose to stop. */
    readonly remedy: string | null,
    /** Code of the underlying error. */
    readonly code: string | null = null,
  ) {
    super(message);
  }
}

/** The failure of a command that was called in a wrong way. */
export const wrongUsage = (message: string, remedy: string): Failure => new Failure(exitCodes.usage, message, remedy);

/** An error in `-o json`. */
export interface ErrorJson {
  readonly message: string;
  /** null: the error has none. */
  readonly code: string | null;
  readonly do: string | null;
}

/** The error for a token's row. @param key - of that token */
export function errorJson(error: unknown, key: string): ErrorJson {
  if (error instanceof TokenError) {
    return { message: error.message, code: codeOf(error), do: namedRemedy(error.do, key) };
  }
  if (error instanceof Failure) return { message: error.message, code: error.code, do: error.remedy };
  const [message = '', remedy = null] = describe(error, key).lines;
  return { message: message.replace(/^tokenkeeper: /, ''), code: null, do: remedy?.replace(/^do: /, '') ?? null };
}

interface Report {
  readonly exitCode: number;
  readonly lines: readonly string[];
}

/** Prints on stderr what went wrong and what to do; a stack only with TOKENKEEPER_DEBUG. @returns the exit code */
export function report(error: unknown, io: Io, key: string | null): number {
  const { exitCode, lines } = describe(error, key);
  for (const line of lines) io.stderr.write(`${safeText(line)}\n`);
  if (io.env['TOKENKEEPER_DEBUG'] && error instanceof Error && !(error instanceof CommanderError)) {
    io.stderr.write(`${safeText(error.stack ?? '')}\n`);
  }
  return exitCode;
}

/** What is printed of an error: what went wrong, and what to do. */
export const linesOf = (error: unknown, key: string | null): readonly string[] => describe(error, key).lines;

function describe(error: unknown, key: string | null): Report {
  // commander has already printed it
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : exitCodes.usage, lines: [] };
  if (error instanceof Failure) {
    const { exitCode, message, remedy, code } = error;
    return { exitCode, lines: twoLines(code === null ? message : `${message} (${code})`, remedy) };
  }
  if (error instanceof ConfigProblems) {
    const { problems } = error;
    const sum = `tokenkeeper: ${plural(problems.length, 'problem')} in the configuration`;
    return { exitCode: exitCodes.failed, lines: [...problems.map(formatProblem), sum] };
  }
  if (error instanceof TokenError) {
    const remedy = key === null ? error.do : namedRemedy(error.do, key);
    const exitCode = error.code === 'ServerRefused' ? exitCodes.denied : exitCodes.failed;
    return { exitCode, lines: twoLines(errorWords(error), remedy) };
  }
  const { code: grpc, details } = grpcOf(error) ?? {};
  if (grpc === grpcCodes.permissionDenied || grpc === grpcCodes.unauthenticated) {
    const remedy = 'set TEMPORAL_API_KEY or TLS certificates, or ask for the permission on the namespace';
    return { exitCode: exitCodes.denied, lines: twoLines('Temporal does not allow this', remedy) };
  }
  if (grpc === grpcCodes.unavailable || grpc === grpcCodes.deadlineExceeded) {
    return { exitCode: exitCodes.failed, lines: twoLines('Temporal does not answer', noTemporalRemedy) };
  }
  if (grpc !== undefined) {
    const message = `Temporal refuses this: ${details || `code ${grpc} of gRPC`}`;
    return {
      exitCode: exitCodes.failed,
      lines: twoLines(message.slice(0, 300), 'ask who runs Temporal, or see its log'),
    };
  }
  if (error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd') {
    const remedy = 'go to a folder that is there; into a new one of the same path: cd "$PWD"';
    return { exitCode: exitCodes.failed, lines: twoLines('the folder that this runs in is gone', remedy) };
  }
  // Its own message may hold anything, a driver's even a value: it is shown only with the stack.
  const remedy = 'run it again with TOKENKEEPER_DEBUG=1, and report what it says';
  return {
    exitCode: exitCodes.failed,
    lines: twoLines(`unexpected: ${systemWordsOf(error) ?? kindOf(error)}`, remedy),
  };
}

/** Node's message for a system error: the call, and its path or address. */
function systemWordsOf(error: unknown): string | null {
  return error instanceof Error && 'syscall' in error ? (error.message.split('\n', 1)[0] ?? null) : null;
}

/** The message and its code; for a refused request the reason, which says more than `RequestRefused`. */
export function errorWords(error: TokenError): string {
  return `${error.message} (${codeOf(error)})`;
}

const codeOf = (error: TokenError): string => (error instanceof RequestRefused ? error.refusal : error.code);

function twoLines(message: string, remedy: string | null): string[] {
  return [`tokenkeeper: ${message}`, ...(remedy === null ? [] : [`do: ${remedy}`])];
}

/** Recognized by shape: importing the SDK for an instanceof would cost a second at each start. A DOMException also has a numeric code. */
function grpcOf(error: unknown): { readonly code: number; readonly details: string } | null {
  if (typeof error !== 'object' || error === null) return null;
  const { name, message, code, details, cause } = error as Readonly<Record<string, unknown>>;
  // The SDK turns a query with an invalid argument into this error, with the server's words as its message.
  const words = name === 'QueryNotRegisteredError' ? message : details;
  if (typeof code === 'number' && typeof words === 'string') return { code, details: words };
  return cause === undefined ? null : grpcOf(cause);
}
