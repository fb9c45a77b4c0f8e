/** Whether secrets may go to a URL: https, or http that does not leave this machine, or is allowed to. */
export function isTransportAllowed(url: string, allowInsecure: boolean): boolean {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return true;
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return protocol === 'http:' && (isLoopback || allowInsecure);
}
