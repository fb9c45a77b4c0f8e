import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TokenError } from '../../src/core/errors.js';
import type { Secret } from '../../src/core/secret.js';
import { silentLog } from '../../src/drivers.js';
import type { HeldRequest, Issued, Issuer, IssuerDriver, IssueRequest } from '../../src/issuers/issuer.js';

/** An issuer driver beside a provider that the suite may act on. One is made for each test. */
export interface IssuerSubject {
  readonly driver: IssuerDriver;
  /** Settings as the configuration would give them, references resolved; parsed by the driver's schema. */
  readonly connection: unknown;
  readonly parameters: unknown;
  /** Scopes to ask for; default none. */
  readonly scopes?: readonly string[] | undefined;
  /** Unix ms; default: the clock of this machine. */
  readonly now?: (() => number) | undefined;
  /** Whether a consumer of the value would be served now, asked without the driver. */
  works(value: string): Promise<boolean>;
  /** Ends a value at the provider behind the driver's back. */
  kill(value: string): Promise<void>;
  /** How many values the provider has minted, by its own count. */
  mints(): Promise<number>;
  /** Makes the provider fail the next request of whatever kind. */
  failNext(): Promise<void>;
  close(): Promise<void>;
}

const key = 'staging/contract';

/**
 * What every issuer driver that mints must do, whatever its provider. A driver of yours runs it too:
 * `issuerContract('acme', async () => ({ driver: acme, connection, parameters, … }))`.
 */
export function issuerContract(name: string, make: () => Promise<IssuerSubject>): void {
  describe(`${name} keeps the contract of an issuer`, () => {
    let subject: IssuerSubject;
    let issuer: Issuer;
    let parameters: unknown;
    let now: () => number;

    beforeEach(async () => {
      subject = await make();
      now = subject.now ?? Date.now;
      parameters = subject.driver.parameters.parse(subject.parameters);
      issuer = await open();
    });
    afterEach(async () => {
      await issuer.close?.();
      await subject.close();
    });

    function open(): Promise<Issuer> {
      const deps = { fetch, now, baseDir: process.cwd(), env: {}, log: silentLog };
      return subject.driver.open(subject.driver.connection.parse(subject.connection), deps);
    }

    function firstContinuation(): Secret | null {
      return subject.driver.firstGrant?.(subject.driver.connection.parse(subject.connection), parameters) ?? null;
    }

    function ask(overrides: Partial<IssueRequest> = {}): IssueRequest {
      return {
        key,
        parameters,
        scopes: subject.scopes ?? [],
        signal: new AbortController().signal,
        generation: 1,
        continuation: firstContinuation(),
        current: null,
        handle: null,
        ...overrides,
      };
    }

    function hold(issued: Issued, overrides: Partial<HeldRequest> = {}): HeldRequest {
      const { value, continuation = null, handle = null } = issued;
      return { ...ask(), value, continuation, handle, ...overrides };
    }

    function askAgain(issued: Issued): IssueRequest {
      const continuation = issued.continuation ?? firstContinuation();
      return ask({ generation: 2, continuation, current: issued.value, handle: issued.handle ?? null });
    }

    function secretsOf(...issued: Issued[]): string[] {
      const all = [firstContinuation(), ...issued.flatMap(({ value, continuation }) => [value, continuation ?? null])];
      return all.flatMap((secret) => (secret === null ? [] : [secret.reveal()]));
    }

    it('refuses settings and parameters that it does not know', () => {
      const { driver, connection } = subject;
      expect(driver.connection.safeParse({ ...Object(connection), noSuchSetting: 1 }).success).toBe(false);
      expect(driver.parameters.safeParse({ ...Object(subject.parameters), noSuchParameter: 1 }).success).toBe(false);
    });

    it('declares the same consistent capabilities whenever it is asked', async () => {
      const first = issuer.capabilities(parameters);
      await issuer.issue(ask());
      expect(issuer.capabilities(parameters)).toEqual(first);
      expect(first.mintable).toBe(true);
      expect(first.replayWindowMs > 0).toBe(first.reissue === 'C');
      expect((await open()).capabilities(parameters)).toEqual(first);
    });

    it('issues a value that works, by one request that mints', async () => {
      const issued = await issuer.issue(ask());
      expect(await subject.works(issued.value.reveal())).toBe(true);
      expect(await subject.mints()).toBe(1);
    });

    it('counts the life of a value from the start of the request', async () => {
      const before = now();
      const issued = await issuer.issue(ask());
      expect(issued.requestedAt).toBeGreaterThanOrEqual(before);
      expect(issued.requestedAt).toBeLessThanOrEqual(now());
      const tellsItsEnd = issued.expiresInS !== undefined || issued.expiresAt !== undefined;
      expect(tellsItsEnd, 'neither expiresInS nor expiresAt').toBe(true);
    });

    it('issues a second value from what the first one left, and the old one lives exactly where overlap is declared', async () => {
      const first = await issuer.issue(ask());
      const second = await issuer.issue(askAgain(first));
      expect(await subject.works(second.value.reveal())).toBe(true);
      expect(second.value.reveal()).not.toBe(first.value.reveal());
      expect(await subject.works(first.value.reveal())).toBe(issuer.capabilities(parameters).overlap);
    });

    it('verifies a value that lives with claims that hold no secret', async () => {
      const issued = await issuer.issue(ask());
      const verification = await issuer.verify(hold(issued));
      expect(verification).toMatchObject({ active: true, method: expect.any(String), claims: expect.any(Object) });
      expectNoSecret(verification, secretsOf(issued));
    });

    it('says inactive of a value that was ended behind its back', async () => {
      const issued = await issuer.issue(ask());
      await subject.kill(issued.value.reveal());
      expect(await subject.works(issued.value.reveal())).toBe(false);
      expect(await issuer.verify(hold(issued))).toMatchObject({ active: false });
    });

    it('revokes, and revokes again without complaint', async () => {
      const issued = await issuer.issue(ask());
      await issuer.revoke(hold(issued));
      await issuer.revoke(hold(issued));
      expect(await subject.works(issued.value.reveal())).toBe(false);
      expect(await issuer.verify(hold(issued))).toMatchObject({ active: false });
    });

    it('takes a value without a handle, as imported ones are, neither for dead nor for revoked while it lives', async () => {
      const issued = await issuer.issue(ask());
      const held = hold(issued, { handle: null });
      expect((await issuer.verify(held)).active).not.toBe(false);
      const revoked = await issuer.revoke(held).then(
        () => true,
        () => false,
      );
      if (revoked && issuer.capabilities(parameters).retire === 'revoke') {
        expect(await subject.works(issued.value.reveal())).toBe(false);
      }
    });

    it('takes no failure of the provider for its word on a value: verify and revoke fail, and it lives on', async () => {
      const issued = await issuer.issue(ask());
      await subject.failNext();
      expect(await failureOf(() => issuer.verify(hold(issued)))).toBeInstanceOf(TokenError);
      if (issuer.capabilities(parameters).retire === 'revoke') {
        await subject.failNext();
        expect(await failureOf(() => issuer.revoke(hold(issued)))).toBeInstanceOf(TokenError);
      }
      expect(await subject.works(issued.value.reveal())).toBe(true);
    });

    it('probes before and after a request without minting', async () => {
      const request = ask();
      const lost = { ...request, startedAt: now() };
      expect(await issuer.probe(lost)).toBeOneOf(['not-redeemed', 'unknown']);
      expect(await subject.mints()).toBe(0);
      await issuer.issue(request);
      expect(await issuer.probe(lost)).toBeOneOf(['redeemed', 'unknown']);
      expect(await subject.mints()).toBe(1);
    });

    it('does nothing where the signal is aborted already, and says Cancelled', async () => {
      const issued = await issuer.issue(ask());
      const signal = AbortSignal.abort();
      const calls = [
        () => issuer.issue({ ...askAgain(issued), signal }),
        () => issuer.verify(hold(issued, { signal })),
        () => issuer.revoke(hold(issued, { signal })),
      ];
      for (const call of calls) expect(await failureOf(call)).toMatchObject({ code: 'Cancelled' });
      expect(await subject.mints()).toBe(1);
      expect(await subject.works(issued.value.reveal())).toBe(true);
    });

    it('says ProviderUnavailable where the time ran out', async () => {
      const signal = AbortSignal.abort(new DOMException('too late', 'TimeoutError'));
      expect(await failureOf(() => issuer.issue(ask({ signal })))).toMatchObject({ code: 'ProviderUnavailable' });
    });

    it('fails with a TokenError that holds no secret and no cause, then works again', async () => {
      const issued = await issuer.issue(ask());
      await subject.failNext();
      const failure = await failureOf(() => issuer.issue(askAgain(issued)));
      expect(failure).toBeInstanceOf(TokenError);
      expect(failure).not.toHaveProperty('cause');
      expectNoSecret(failure, secretsOf(issued));
      const next = await issuer.issue(askAgain(issued));
      expect(await subject.works(next.value.reveal())).toBe(true);
    });
  });
}

async function failureOf(call: () => Promise<unknown>): Promise<unknown> {
  return call().then(
    () => expect.fail('it should have failed'),
    (error: unknown) => error,
  );
}

function expectNoSecret(thing: unknown, secrets: readonly string[]): void {
  const text = `${inspect(thing, { depth: 20, showHidden: true })} ${JSON.stringify(thing)} ${String(thing)}`;
  for (const secret of secrets) expect(text.includes(secret), 'a secret is in it').toBe(false);
}
