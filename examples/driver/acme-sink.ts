import {
  defineSink,
  readRetryAfter,
  Secret,
  secretReference,
  sinkAbortError,
  TokenError,
  z,
  type DriverDeps,
  type Sink,
  type SinkRequest,
} from 'temporal-tokenkeeper';

const connection = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  apiKey: secretReference('API key that may write boxes').transform((value) => new Secret(value)),
});
const target = z.strictObject({
  box: z
    .string()
    .regex(/^[a-z0-9.-]+$/)
    .optional(),
});
/** `note` is our mark: which token's value this is. It is sent with the value in one request, so that both change at once. */
const note = z.object({ key: z.string(), generation: z.int(), fingerprint: z.string() });
const content = z.object({ value: z.string(), note: note.nullable().catch(null) });

type Connection = z.output<typeof connection>;
type Target = z.output<typeof target>;

/** Boxes of Acme's CI; each holds one value. */
export const acmeBox = defineSink({
  name: 'acme-box',
  connection,
  target,
  open: async (settings: Connection, deps) => openBoxes(settings, deps),
  place: ({ url }, key, { box }) => new URL(pathOf(key, box), url).href,
});

const pathOf = (key: string, box: string | undefined): string => `/boxes/${encodeURIComponent(box ?? key)}`;

function openBoxes({ url, apiKey }: Connection, deps: DriverDeps): Sink<Target> {
  /** @returns the box's content; null: it does not exist */
  async function call(
    method: string,
    { key, target: { box }, signal }: SinkRequest<Target>,
    content?: object,
  ): Promise<{ readonly body: unknown } | null> {
    const type = content && { 'content-type': 'application/json' };
    const headers = { authorization: `Bearer ${apiKey.reveal()}`, ...type };
    const init = {
      method,
      headers,
      signal,
      redirect: 'error',
      ...(content && { body: JSON.stringify(content) }),
    } as const;
    const [response, body] = await deps
      .fetch(new URL(pathOf(key, box), url), init)
      // An unread body would keep its connection open.
      .then(async (response) => [response, await response.json().catch(nullIfNoJson)] as const)
      .catch(() => {
        throw signal.aborted ? sinkAbortError(signal, 'acme') : new TokenError('SinkUnavailable', 'acme: no answer');
      });
    const { ok, status } = response;
    if (ok) return { body };
    if (status === 404) return null;
    const message = `acme answered ${status}`;
    if (status !== 429 && status < 500) throw new TokenError('SinkRefused', message);
    const retryAfterMs = readRetryAfter(response.headers, await deps.now());
    throw new TokenError('SinkUnavailable', message, { retryAfterMs });
  }

  const read: Sink<Target>['read'] = async (request) => {
    const found = await call('GET', request);
    if (found === null) return { found: 'nothing' };
    const parsed = content.safeParse(found.body);
    if (!parsed.success) throw new TokenError('SinkRefused', 'acme answered something that is no box');
    const { value, note: left } = parsed.data;
    const fingerprint = request.fingerprint(value);
    const ours = left?.key === request.key && left.fingerprint === fingerprint;
    return { found: 'value', ours, fingerprint, generation: ours ? left.generation : null };
  };

  async function check(request: SinkRequest<Target>): Promise<void> {
    const reading = await read(request);
    if (reading.found !== 'value' || reading.ours || request.takeOver) return;
    throw new TokenError(
      'SinkNotOurs',
      `a box of acme holds a value that tokenkeeper did not write for ${request.key}`,
    );
  }

  return {
    read,
    check,
    async write(delivery) {
      await check(delivery);
      const { key, generation, value, fingerprint } = delivery;
      const ours = { key, generation, fingerprint: fingerprint(value.reveal()) };
      const written = await call('PUT', delivery, { value: value.reveal(), note: ours });
      if (written === null) throw new TokenError('SinkRefused', 'acme has no place for boxes there');
    },
    async remove(request) {
      const reading = await read(request);
      if (reading.found === 'value' && reading.ours) await call('DELETE', request);
    },
  };
}

function nullIfNoJson(error: unknown): null {
  if (error instanceof SyntaxError) return null;
  throw error;
}
