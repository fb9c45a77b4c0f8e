import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor, type ConnectionOptions } from '@temporalio/client';
import { TokenError } from '../core/errors.js';
import { grpcCodes } from './grpc-codes.js';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];
type Call = ReturnType<Parameters<Interceptor>[1]>;

/** The SDK's own retries, for a connection that may be closed while one of them is pending. */
export interface Retries {
  readonly interceptor: Interceptor;
  /** Nothing is sent from now on. Call it before the connection is closed: the SDK's timer would throw where nobody can catch it. */
  stop(): void;
}

/** Retries with the SDK's defaults. */
export function stoppableRetries(): Retries {
  const retry = makeGrpcRetryInterceptor(defaultGrpcRetryOptions());
  let stopped = false;
  return {
    interceptor: (options, nextCall) => {
      if (stopped) throw closed();
      return retry(options, (next) => (stopped ? cancelledCall() : nextCall(next)));
    },
    stop: () => void (stopped = true),
  };
}

/** The error of a call after the end. */
function closed(): TokenError {
  return new TokenError('ServerUnavailable', 'the connection to Temporal is closed', {
    do: 'connect again: connectClient',
  });
}

/** A call that is cancelled as it starts. */
function cancelledCall(): Call {
  const nothing = (): void => undefined;
  return {
    start: (metadata, listener) =>
      listener?.onReceiveStatus?.({ code: grpcCodes.cancelled, details: 'the connection is closed', metadata }),
    cancelWithStatus: nothing,
    getPeer: () => 'none',
    getAuthContext: () => null,
    sendMessage: nothing,
    sendMessageWithContext: nothing,
    startRead: nothing,
    halfClose: nothing,
  };
}
