import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TokenError, type ErrorCode } from '../../src/core/errors.js';
import { Secret } from '../../src/core/secret.js';
import { silentLog, type DriverDeps } from '../../src/drivers.js';
import type { Delivery, Sink, SinkDriver, SinkRequest } from '../../src/sinks/sink.js';
import { testFingerprint } from './fingerprint.js';

/** A sink driver beside a consumer that the suite may look into. One is made for each test. */
export interface SinkSubject {
  readonly driver: SinkDriver;
  /** Settings as the configuration would give them, references resolved; parsed by the driver's schema. */
  readonly connection: unknown;
  /** What a token says about its place; default `{}`, which has to be good. */
  readonly target?: unknown;
  /** What the driver needs beyond the defaults. */
  readonly deps?: Partial<DriverDeps> | undefined;
  /** What the consumer has for a token's key at its default place, or null; asked without the driver. */
  held(key: string): Promise<string | null>;
  /** Everything that the consumer can see, to compare. */
  snapshot(): Promise<unknown>;
  /** Puts a value at a token's default place behind the driver's back. Never called for a sink that is write-only. */
  plant(key: string, value: string): Promise<void>;
  /** Makes writing impossible. */
  breakIt(): Promise<void>;
  close(): Promise<void>;
}

const key = 'staging/contract';
const otherKey = 'staging/other';
const first = 'FIRST.secret-value/1+a==';
const second = 'SECOND.secret-value/2+b==';
const foreign = 'FOREIGN.secret-value/3';

/** What a sink driver is not able to do by its nature. */
export interface SinkTraits {
  /** What was written cannot be read back, so nothing of others can be told there. Default: false. */
  readonly writeOnly?: boolean | undefined;
}

/**
 * What every sink driver must do, whatever its consumer. A driver of yours runs it too:
 * `sinkContract('acme', async () => ({ driver: acme, connection, … }))`.
 */
export function sinkContract(
  name: string,
  make: () => Promise<SinkSubject>,
  { writeOnly = false }: SinkTraits = {},
): void {
  const nothing = writeOnly ? { found: 'unreadable' } : { found: 'nothing' };

  describe(`${name} keeps the contract of a sink`, () => {
    let subject: SinkSubject;
    let sink: Sink;
    let target: unknown;

    beforeEach(async () => {
      subject = await make();
      target = subject.driver.target.parse(subject.target ?? {});
      sink = await open();
    });
    afterEach(async () => {
      await sink.close?.();
      await subject.close();
    });

    function open(): Promise<Sink> {
      const deps = { fetch, now: Date.now, baseDir: process.cwd(), env: {}, log: silentLog, ...subject.deps };
      return subject.driver.open(subject.driver.connection.parse(subject.connection), deps);
    }

    function request(overrides: Partial<SinkRequest> = {}): SinkRequest {
      const signal = new AbortController().signal;
      return { key, target, takeOver: false, fingerprint: testFingerprint, signal, ...overrides };
    }

    function delivery(generation: number, value: string, overrides: Partial<SinkRequest> = {}): Delivery {
      return { ...request(overrides), generation, value: new Secret(value), expiresAt: Date.now() + 60_000 };
    }

    function reading(generation: number, value: string) {
      return writeOnly
        ? { found: 'unreadable' }
        : { found: 'value', ours: true, fingerprint: testFingerprint(value), generation };
    }

    it('takes an empty target, and names a place by the key', () => {
      const connection = subject.driver.connection.parse(subject.connection);
      const place = (of: string) =>
        subject.driver.place(connection, of, subject.driver.target.parse({}), process.cwd());
      expect(place(key)).toBe(place(key));
      expect(place(key)).not.toBe(place(otherKey));
    });

    it('finds nothing before the first write', async () => {
      expect(await sink.read(request())).toEqual(nothing);
    });

    it('delivers exactly the value, and reads it back as ours with its fingerprint and generation', async () => {
      await sink.write(delivery(1, first));
      expect(await subject.held(key)).toBe(first);
      expect(await sink.read(request())).toEqual(reading(1, first));
    });

    it('replaces an older value by a newer one', async () => {
      await sink.write(delivery(1, first));
      await sink.write(delivery(2, second));
      expect(await subject.held(key)).toBe(second);
      expect(await sink.read(request())).toEqual(reading(2, second));
    });

    it('takes the same write twice as once', async () => {
      await sink.write(delivery(1, first));
      const before = await subject.snapshot();
      await sink.write(delivery(1, first));
      expect(await subject.snapshot()).toEqual(before);
      expect(await sink.read(request())).toEqual(reading(1, first));
    });

    it('takes an unchanged value as a newer generation', async () => {
      await sink.write(delivery(1, first));
      await sink.write(delivery(2, first));
      expect(await subject.held(key)).toBe(first);
      expect(await sink.read(request())).toEqual(reading(2, first));
    });

    it('is recognised by a sink that is opened anew', async () => {
      await sink.write(delivery(1, first));
      const again = await open();
      expect(await again.read(request())).toEqual(reading(1, first));
      await again.write(delivery(2, second));
      expect(await again.read(request())).toEqual(reading(2, second));
      await again.close?.();
    });

    it('keeps two tokens apart', async () => {
      await sink.write(delivery(1, first));
      await sink.write(delivery(7, second, { key: otherKey }));
      expect([await subject.held(key), await subject.held(otherKey)]).toEqual([first, second]);
      await sink.remove(request());
      expect([await subject.held(key), await subject.held(otherKey)]).toEqual([null, second]);
      expect(await sink.read(request({ key: otherKey }))).toEqual(reading(7, second));
    });

    it('takes many writers at once, and ends with one of their values', async () => {
      const keys = Array.from({ length: 12 }, (_, i) => `staging/many-${i}`);
      await Promise.all(keys.map((each, i) => sink.write(delivery(1, `${first}${i}`, { key: each }))));
      for (const [i, each] of keys.entries()) expect(await subject.held(each)).toBe(`${first}${i}`);
    });

    it('removes what is ours, twice as once, and nothing where nothing is', async () => {
      await sink.remove(request());
      await sink.write(delivery(1, first));
      await sink.remove(request());
      expect(await subject.held(key)).toBeNull();
      await sink.remove(request());
      expect(await sink.read(request())).toEqual(nothing);
      await sink.write(delivery(2, second));
      expect(await subject.held(key)).toBe(second);
    });

    it('changes nothing by a check, before the first write and after it', async () => {
      const empty = await subject.snapshot();
      await sink.check(request());
      expect(await subject.snapshot()).toEqual(empty);
      await sink.write(delivery(1, first));
      const written = await subject.snapshot();
      await sink.check(request());
      await sink.read(request());
      expect(await subject.snapshot()).toEqual(written);
    });

    it('fails where it cannot write: the check says so beforehand, and no error holds the value', async () => {
      await subject.breakIt();
      await expectFailure(() => sink.check(request()), ['SinkUnavailable', 'SinkRefused']);
      await expectFailure(() => sink.write(delivery(1, first)), ['SinkUnavailable', 'SinkRefused']);
    });

    it('does nothing for an aborted call, and says whether time ran out', async () => {
      const before = await subject.snapshot();
      const cancelled = AbortSignal.abort();
      const late = AbortSignal.abort(new DOMException('late', 'TimeoutError'));
      await expectFailure(() => sink.check(request({ signal: cancelled })), ['Cancelled']);
      await expectFailure(() => sink.read(request({ signal: cancelled })), ['Cancelled']);
      await expectFailure(() => sink.write(delivery(1, first, { signal: cancelled })), ['Cancelled']);
      await expectFailure(() => sink.remove(request({ signal: cancelled })), ['Cancelled']);
      await expectFailure(() => sink.write(delivery(1, first, { signal: late })), ['SinkUnavailable']);
      expect(await subject.snapshot()).toEqual(before);
    });

    if (writeOnly) return;

    describe('what tokenkeeper did not write', () => {
      it('is never overwritten or removed: check and write refuse it, read calls it foreign', async () => {
        await subject.plant(key, foreign);
        const before = await subject.snapshot();
        await expectFailure(() => sink.check(request()), ['SinkNotOurs']);
        await expectFailure(() => sink.write(delivery(1, first)), ['SinkNotOurs']);
        await sink.remove(request());
        expect(await sink.read(request())).toEqual({
          found: 'value',
          ours: false,
          fingerprint: testFingerprint(foreign),
          generation: null,
        });
        expect(await subject.snapshot()).toEqual(before);
      });

      it('is foreign too where it replaced a value of ours', async () => {
        await sink.write(delivery(1, first));
        await subject.plant(key, foreign);
        await expectFailure(() => sink.write(delivery(2, second)), ['SinkNotOurs']);
        await sink.remove(request());
        expect(await subject.held(key)).toBe(foreign);
      });

      it('is overwritten with take-over, and ours from then on', async () => {
        await subject.plant(key, foreign);
        await sink.check(request({ takeOver: true }));
        await sink.write(delivery(1, first, { takeOver: true }));
        expect(await sink.read(request())).toEqual(reading(1, first));
        await sink.write(delivery(2, second));
        expect(await subject.held(key)).toBe(second);
      });

      it('becomes ours with take-over even where it is the very value that we would write', async () => {
        await subject.plant(key, first);
        await expectFailure(() => sink.write(delivery(1, first)), ['SinkNotOurs']);
        await sink.write(delivery(1, first, { takeOver: true }));
        expect(await sink.read(request())).toEqual(reading(1, first));
      });
    });
  });
}

/** Fails with a TokenError of one of these codes, none of whose parts holds a value. */
async function expectFailure(work: () => Promise<unknown>, codes: readonly ErrorCode[]): Promise<void> {
  const error: unknown = await work().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TokenError)) throw new Error(`expected a TokenError, got ${inspect(error)}`);
  expect(codes, error.message).toContain(error.code);
  const all = inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error) + String(error.stack);
  for (const value of [first, second, foreign]) expect(all).not.toContain(value);
  expect(error.cause).toBeUndefined();
}
