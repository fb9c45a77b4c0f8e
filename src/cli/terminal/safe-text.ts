/** The colors of `paint`; others could hide text, or imitate the terminal's own. */
const ourColor = /^\[(?:1|22|3[1-6]|39)m$/;

/**
 * Makes text safe for a terminal: text from Temporal or a file must not move the cursor, set the title, reverse text or hide any. Our
 * colors, newlines and tabs stay.
 */
export function safeText(text: string): string {
  return text.replaceAll(/\p{Cc}(?:\[[\d;]*m)?|[\p{Bidi_Control}\u200b\u2060-\u2064\ufeff]/gu, (found) => {
    const isColor = found.startsWith('\u001b') && ourColor.test(found.slice(1));
    return isColor || /^[\n\t]/.test(found) ? found : `?${found.slice(1)}`;
  });
}

/** The same for one line: text must not start a line of its own, which would look like ours. */
export function safeLine(text: string): string {
  return safeText(text).replaceAll('\n', ' ');
}
