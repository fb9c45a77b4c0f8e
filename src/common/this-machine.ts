import type { ConnectionOptions } from '@temporalio/client';

/** Of Temporal's addresses `host:port`: whether it is this machine's own. */
export function isOnThisMachine(address: string): boolean {
  return hostOnThisMachine.test(address);
}

/** gRPC takes the proxy of `http_proxy` for this machine's own addresses, too, where `no_proxy` does not name them. */
export const withoutProxy = { channelArgs: { 'grpc.enable_http_proxy': 0 } } satisfies ConnectionOptions;

const hostOnThisMachine = /^(127(\.\d+){3}|localhost|\[::1\]):\d+$/;
