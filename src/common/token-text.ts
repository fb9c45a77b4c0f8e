/** No token is longer than this, in bytes; longer, it could fill an environment file that other tokens are in. */
export const maxTokenBytes = 65_536;

const vschars = /^[\x20-\x7e]+$/;

/**
 * Whether a text can be a token: one or more printable ASCII characters (VSCHAR of
 * https://www.rfc-editor.org/rfc/rfc6749#appendix-A.12), not too many. Others would break a header, a line of an environment file or a
 * variable.
 */
export function canBeToken(text: string): boolean {
  return vschars.test(text) && text.length <= maxTokenBytes;
}
