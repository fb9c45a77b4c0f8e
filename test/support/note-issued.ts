import { appendFileSync } from 'node:fs';

/**
 * Records what a provider issues to this process, before anything here sees it: the secret scan must know lost values, too. Call it once
 * per process, before its first request.
 * @param file - gets a provider's answer per line
 */
export function noteIssued(file: string): void {
  const { fetch } = globalThis;
  globalThis.fetch = async (...args) => {
    const response = await fetch(...args);
    const text = await response
      .clone()
      .text()
      .catch(() => '');
    if (/"(access|refresh)_token"/.test(text)) appendFileSync(file, `${text}\n`, { mode: 0o600 });
    return response;
  };
}
