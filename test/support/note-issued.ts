import { appendFileSync } from 'node:fs';

/**
 * Notes what a provider issues to this process, before anybody here sees it: a secret scan has to know the values that got lost, too.
 * Once a process, before its first request.
 * @param file - gets a provider's answer a line
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
