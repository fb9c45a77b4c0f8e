/**
 * How a secret may stand in a program's output: as it is, a line each where it has several, and as what programs make of it on its way:
 * escaped for JSON and URLs, in hexadecimal, in base64. Base64 of a longer text that holds it (`user:secret`) has one of three
 * alignments: of each the part that depends on the secret alone.
 */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= shortestPart);
  const hex = bytes.toString('hex');
  const escaped = JSON.stringify(secret).slice(1, -1);
  const forms = [
    secret,
    secret.replaceAll('\n', '\r\n'),
    ...lines,
    escaped,
    escaped.replaceAll('/', '\\/'),
    encodeURIComponent(secret),
    encodeURI(secret),
    new URLSearchParams({ s: secret }).toString().slice(2),
    hex,
    hex.toUpperCase(),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    ...[0, 1, 2].flatMap((before) => base64Parts(bytes, before)),
  ];
  return [...new Set(forms)].filter((form) => form === secret || form.length >= shortestPart);
}

/** Shorter parts stand in any text: hiding them would make it unreadable and tell their length. */
const shortestPart = 8;

/** Both alphabets, after so many bytes of something else. */
function base64Parts(bytes: Buffer, before: number): string[] {
  const padded = Buffer.concat([Buffer.alloc(before), bytes]);
  const from = Math.ceil((before * 4) / 3);
  const to = Math.floor((padded.length * 4) / 3);
  return (['base64', 'base64url'] as const).map((alphabet) => padded.toString(alphabet).slice(from, to));
}
