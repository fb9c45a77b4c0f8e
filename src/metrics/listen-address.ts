/** Where a server of ours listens. */
export interface ListenAddress {
  /** Name or address, an IPv6 one without brackets. */
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
}

/** Reads `[host:]port`; the default host is 127.0.0.1. null: malformed. */
export function parseListenAddress(text: string): ListenAddress | null {
  const [, bracketed, host, digits] = /^(?:\[([\da-f:.%]+)\]:|([\w.-]+):)?(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits ?? NaN);
  return port <= 65_535 ? { host: bracketed ?? host ?? '127.0.0.1', port } : null;
}

/** As in a URL. */
export function hostPort({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
