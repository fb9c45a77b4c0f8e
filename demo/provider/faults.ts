import { setTimeout as sleep } from 'node:timers/promises';
import type { KoaContextWithOIDC } from 'oidc-provider';

/** The endpoints for faults and counters, by path. */
const endpoints = {
  '/token': 'token',
  '/token/introspection': 'introspection',
  '/token/revocation': 'revocation',
} as const;

export type Endpoint = (typeof endpoints)[keyof typeof endpoints];

/** What goes wrong with the next requests at an endpoint. */
export interface Fault {
  /** Default `token`. */
  readonly endpoint?: Endpoint | 'any';
  /** How many requests; default 1. */
  readonly times?: number;
  /** `before`: the provider never sees the request. `after`: it has answered and committed, but the answer is lost. */
  readonly when: 'before' | 'after';
  /** Waits this long first. */
  readonly delayMs?: number;
  /** `pass`: only the delay. `drop`: the connection is cut. Otherwise this answer is sent. */
  readonly answer: 'pass' | 'drop' | FaultAnswer;
}

export interface FaultAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is; default: empty. */
  readonly body?: string;
}

/** The pending faults, in order, and the middleware that plays them. */
export class FaultQueue {
  #pending: { fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#pending.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#pending = [];
  }

  /** Koa middleware; the outermost one, so that `after` comes after everything else. */
  readonly middleware = async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    const fault = this.#take(endpointOf(ctx.path));
    if (fault === undefined) return next();
    if (fault.when === 'after') await next();
    if (fault.delayMs !== undefined) await sleep(fault.delayMs);
    if (fault.answer === 'pass') return fault.when === 'before' ? next() : undefined;
    if (fault.answer === 'drop') {
      ctx.respond = false;
      ctx.req.socket.destroy();
      return;
    }
    ctx.status = fault.answer.status;
    ctx.set(fault.answer.headers ?? {});
    ctx.body = fault.answer.body ?? '';
    if (fault.answer.headers?.['content-type'] === undefined) ctx.type = 'application/json';
  };

  #take(endpoint: Endpoint | undefined): Fault | undefined {
    if (endpoint === undefined) return undefined;
    const next = this.#pending.find(({ fault }) => ['any', endpoint].includes(fault.endpoint ?? 'token'));
    if (next === undefined) return undefined;
    next.left -= 1;
    if (next.left <= 0) this.#pending = this.#pending.filter((entry) => entry !== next);
    return next.fault;
  }
}

/** The endpoint of a path; undefined for any other path. */
export function endpointOf(path: string): Endpoint | undefined {
  return Object.hasOwn(endpoints, path) ? endpoints[path as keyof typeof endpoints] : undefined;
}
