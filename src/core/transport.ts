/** Whether secrets may be sent to a URL: https, or http that stays on this machine or is explicitly allowed. */
export function isTransportAllowed(url: string, allowInsecure: boolean): boolean {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return true;
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return protocol === 'http:' && (isLoopback || allowInsecure);
}
