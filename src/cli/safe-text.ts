/** As `paint` writes them: other ones could hide text, or make it look like the terminal's own. */
const ourColor = /^\[(?:1|22|3[1-6]|39)m$/;

/**
 * Text that may stand on a terminal: what came through Temporal or out of a file moves no cursor, sets no title, turns no text around and
 * hides none. Our colors, line ends and tabs stay.
 */
export function safeText(text: string): string {
  return text.replaceAll(/\p{Cc}(?:\[[\d;]*m)?|[\p{Bidi_Control}\u200b\u2060-\u2064\ufeff]/gu, (found) => {
    const isColor = found.startsWith('\u001b') && ourColor.test(found.slice(1));
    return isColor || /^[\n\t]/.test(found) ? found : `?${found.slice(1)}`;
  });
}

/** The same for one line: what stands in it begins none of its own, which would look like ours. */
export function safeLine(text: string): string {
  return safeText(text).replaceAll('\n', ' ');
}
