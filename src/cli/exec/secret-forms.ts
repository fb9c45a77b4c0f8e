/**
 * The forms of a secret in a program's output: as it is, each of its lines, escaped for JSON and URLs, in hexadecimal, in base64. Within
 * the base64 of a longer text (`user:secret`) it has one of three alignments: for each, the part that depends only on the secret.
 */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= shortestPart);
  const hex = bytes.toString('hex');
  const forms = [
    secret,
    secret.replaceAll('\n', '\r\n'),
    ...lines,
    ...jsonForms(secret),
    ...urlForms(secret).flatMap((url) => [url, url.replaceAll(/%../g, (code) => code.toLowerCase())]),
    hex,
    hex.toUpperCase(),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    ...[0, 1, 2].flatMap((before) => base64Parts(bytes, before)),
  ];
  return [...new Set(forms)].filter((form) => form === secret || form.length >= shortestPart);
}

/** As JavaScript, PHP, Python, Go and .NET escape it. */
function jsonForms(secret: string): string[] {
  const escaped = JSON.stringify(secret).slice(1, -1);
  const ascii = escaped.replaceAll(/[^\0-\x7f]/g, codeOf);
  const dotnet = escaped.replaceAll(/\\"|[&'+<>`]|[^\0-\x7f]/g, (found) =>
    codeOf(found.slice(-1)).replaceAll(/[a-f]/g, (digit) => digit.toUpperCase()),
  );
  return [
    escaped,
    escaped.replaceAll('/', '\\/'),
    ascii,
    ascii.replaceAll('/', '\\/'),
    escaped.replaceAll(/[&<>]/g, codeOf),
    dotnet,
  ];
}

const codeOf = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** As JavaScript, a form, Go and Python escape it. */
function urlForms(secret: string): string[] {
  const strict = encodeURIComponent(secret).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const form = new URLSearchParams({ s: secret }).toString().slice(2);
  return [encodeURIComponent(secret), encodeURI(secret), form, strict, strict.replaceAll('%2F', '/')];
}

/** Shorter parts occur in any text: hiding them would make it unreadable and reveal their length. */
const shortestPart = 8;

/** In both alphabets, after `before` bytes of something else. */
function base64Parts(bytes: Buffer, before: number): string[] {
  const padded = Buffer.concat([Buffer.alloc(before), bytes]);
  const from = Math.ceil((before * 4) / 3);
  const to = Math.floor((padded.length * 4) / 3);
  return (['base64', 'base64url'] as const).map((alphabet) => padded.toString(alphabet).slice(from, to));
}
