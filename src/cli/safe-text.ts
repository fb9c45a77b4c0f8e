/**
 * Text that may stand on a terminal: what came through Temporal or out of a file moves no cursor, sets no title and turns no text around.
 * Colors, line ends and tabs stay.
 */
export function safeText(text: string): string {
  return text.replaceAll(/\p{Cc}(?:\[[\d;]*m)?|[\u202a-\u202e\u2066-\u2069]/gu, (found) => {
    const isColor = found.length > 1 && found.startsWith('\u001b');
    return isColor || /^[\n\t]/.test(found) ? found : `?${found.slice(1)}`;
  });
}
