import { type Client, type WorkflowHandle, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { listTokens, type TokenRow } from './client/list.js';
import { requireGeneration, requireWhole, wrongNumber } from './client/numbers.js';
import type { Applied, ChangeOptions, TokenKeeperClientOptions } from './client/options.js';
import {
  newRequest,
  sendSignal,
  sendUpdate,
  sharedUpdateId,
  type UpdateOptions,
  type UpdateAnswer,
} from './client/requests.js';
import { startAttributes } from './client/search-attributes.js';
import { serverErrorOf } from './client/server-errors.js';
import { requireRoom } from './client/spec-size.js';
import { readStatus, type TokenStatus } from './client/status.js';
import type {
  AcknowledgeRequest,
  ConfigureRequest,
  DeliverRequest,
  PauseRequest,
  ReportFailureRequest,
  Request,
} from './core/lifecycle/events.js';
import { TokenError } from './core/errors.js';
import { inputVersion, type LifecycleInput } from './core/lifecycle/input.js';
import { isInstant } from './core/instants.js';
import { parseKey, workflowIdOf } from './core/key.js';
import { defined } from './core/defined.js';
import { RequestRefused } from './core/lifecycle/refusals.js';
import { defaultPrefix, defaultTaskQueue, type signalNames, workflowType } from './core/names.js';
import { newestRules } from './core/lifecycle/rules.js';
import { isSameSpec } from './core/same-spec.js';
import { isTokenSpec } from './core/spec-shape.js';
import { plural } from './core/plural.js';
import type { TokenSpec } from './core/spec.js';
import { userName } from './common/user-name.js';

export type { Applied, ChangeOptions, TokenKeeperClientOptions } from './client/options.js';

/** Starts, changes and watches tokens from anywhere that reaches Temporal; needs no vault and no provider. */
export class TokenKeeperClient {
  readonly #options: TokenKeeperClientOptions;
  readonly #actor: string;

  constructor(options: TokenKeeperClientOptions) {
    const { maxRotationsPerRun } = options;
    requireWhole(maxRotationsPerRun, 'maxRotationsPerRun');
    if (maxRotationsPerRun === 0) throw wrongNumber('maxRotationsPerRun', '0: no run would come to a rotation');
    this.#options = options;
    this.#actor = options.actor ?? userName();
  }

  /** The Temporal client underneath. */
  get temporal(): Client {
    return this.#options.client;
  }

  /** The token's workflow. @throws TokenError `ConfigInvalid` for a malformed key */
  handle(key: string): WorkflowHandle {
    parseKey(key);
    return this.#options.client.workflow.getHandle(workflowIdOf(key, this.#options.prefix ?? defaultPrefix));
  }

  /**
   * Declares a token: starts its workflow, or changes a running one in place where the specification differs. Applying the same one again
   * does nothing to it; a token that was started before the search attributes existed writes them from then on.
   * @param options.empty - ids of sinks that the specification no longer names, removed by this change or an earlier one (`left` in the
   * token's status): they are emptied, however long that takes. A workflow that this starts knows of none
   * @throws TokenError `ServerUnavailable`, `ServerRefused`; `ConfigInvalid` for a malformed key, or too large a specification;
   * RequestRefused `UnknownSink` for a sink to empty that is in use, or was never there
   */
  async apply(
    spec: TokenSpec,
    options: {
      takeOver?: boolean | undefined;
      reason?: string | undefined;
      empty?: readonly string[] | undefined;
    } = {},
  ): Promise<Applied> {
    if (await this.#start(spec, options.takeOver ?? false)) return 'started';
    const status = await this.status(spec.key);
    // Even an equal specification is of no use while the token is being ended.
    if (status.closing !== null) throw new RequestRefused('configure', 'Closing', status.generation);
    const empty = options.empty ?? [];
    const same = isSameSpec(status.spec, spec) && options.takeOver !== true && empty.length === 0;
    const { searchAttributes } = this.#options;
    const isNowListed = searchAttributes !== null && !status.listed;
    if (same && !isNowListed) return 'unchanged';
    const request: ConfigureRequest = {
      ...newRequest(this.#actor, defined({ reason: options.reason })),
      revision: status.revision + 1,
      spec,
      takeOver: options.takeOver ?? false,
      ...(empty.length === 0 ? {} : { empty }),
      ...(isNowListed ? { searchAttributes } : {}),
    };
    await sendUpdate(this.handle(spec.key), 'configure', request);
    return same ? 'unchanged' : 'configured';
  }

  /** Asks a token's run to continue as new, which moves it to the newest rules, and changes nothing else: after a deploy, one token after the other. */
  async renewRun(key: string, options: ChangeOptions = {}): Promise<void> {
    const { spec, revision } = await this.status(key);
    const request: ConfigureRequest = { ...this.#request(options), revision: revision + 1, spec, newRun: true };
    await sendUpdate(this.handle(key), 'configure', request, updateOptions(options));
  }

  async #start(spec: TokenSpec, takeOver: boolean): Promise<boolean> {
    const { client, searchAttributes, taskQueue, prefix, maxRotationsPerRun } = this.#options;
    // A workflow that can't read its own specification would wait for ever.
    if (!isTokenSpec(spec)) {
      throw new TokenError('ConfigInvalid', 'not the specification of a token', {
        do: 'take it from the tokens of readConfig, or write all fields of TokenSpec',
      });
    }
    parseKey(spec.key);
    requireRoom(spec);
    const input: LifecycleInput = {
      v: inputVersion,
      rules: newestRules,
      spec,
      revision: 1,
      takeOver,
      searchAttributes,
      // What a replay costs, and what the SDK keeps of a run, 20 to 40 kB a rotation, grow with it; to continue costs one action.
      maxRotationsPerRun: maxRotationsPerRun ?? 50,
    };
    try {
      await client.workflow.start(workflowType, {
        taskQueue: taskQueue ?? defaultTaskQueue,
        workflowId: workflowIdOf(spec.key, prefix ?? defaultPrefix),
        args: [input],
        staticSummary: `${spec.key}, owner ${spec.owner ?? 'nobody'}`,
        staticDetails: `Kept by tokenkeeper: issuer ${spec.issuer}, vault ${spec.vault}, ${plural(spec.sinks.length, 'sink')}.`,
        ...(searchAttributes === null ? {} : { typedSearchAttributes: startAttributes(spec, searchAttributes) }),
      });
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw serverErrorOf(error);
    }
  }

  /** Requests a rotation without waiting. @throws TokenError as every request: `ConfigInvalid`, `NotKept`, `ServerUnavailable`, `ServerRefused` */
  rotate(key: string, options: ChangeOptions = {}): Promise<void> {
    return this.#signal(key, 'rotate', options);
  }

  /**
   * Requests a rotation and waits for the new generation; callers within half a minute share one, and its answer.
   * @param options.alone - not to share: for a person who tries again after a failure
   * @throws RequestRefused; TokenError as {@link rotate}
   */
  async rotateNow(
    key: string,
    generation: number,
    options: ChangeOptions & { readonly alone?: boolean | undefined } = {},
  ): Promise<UpdateAnswer> {
    requireGeneration(generation);
    const request = this.#request({ ...options, ifGeneration: generation });
    const how = options.alone === true ? updateOptions(options) : this.#shared('rotateNow', generation, options);
    return sendUpdate(this.handle(key), 'rotateNow', request, how);
  }

  /**
   * Reports that a job was refused with this generation. The provider is asked first: a generation that it accepts is not rotated. Callers
   * within 10 s share one question, and its answer.
   * @throws RequestRefused `Fine` where the provider confirmed it alive a moment ago, `JustReplaced` where the one before was replaced a
   * moment ago on such a report alone; TokenError `ServerUnavailable`
   */
  async reportFailure(key: string, generation: number, options: ChangeOptions = {}): Promise<UpdateAnswer> {
    requireGeneration(generation);
    const request: ReportFailureRequest = { ...this.#request(options), generation };
    const handle = this.handle(key);
    // Jobs read it from the vault: the workflow soon hears of one that it does not know, or, where Temporal was away meanwhile, by a look.
    const asked = this.#request({ reason: 'ReportedDead' });
    const look = (deadlineMs: number) =>
      sendUpdate(handle, 'deliver', asked, this.#shared('deliver', generation, { ...options, deadlineMs }));
    const how = { ...this.#shared('reportFailure', generation, options), catchUpMs: Infinity, look };
    return sendUpdate(handle, 'reportFailure', request, how);
  }

  /** Stops renewing and revoking. @param until - Unix ms */
  async pause(key: string, options: ChangeOptions & { until?: number | undefined } = {}): Promise<void> {
    // Checked here, since a refused signal has no answer.
    requireWhole(options.until, 'until');
    if (options.until !== undefined && !isInstant(options.until))
      throw wrongNumber('until', 'no instant up to the year 9999');
    const request: PauseRequest = { ...this.#request(options), ...defined({ until: options.until }) };
    return sendSignal(this.handle(key), 'pause', request, options);
  }

  resume(key: string, options: ChangeOptions = {}): Promise<void> {
    return this.#signal(key, 'resume', options);
  }

  /** Revokes every generation at the provider, empties the sinks, closes. */
  revoke(key: string, options: ChangeOptions = {}): Promise<void> {
    return this.#signal(key, 'revoke', options);
  }

  /** Closes the workflow; the token stays as it is. */
  forget(key: string, options: ChangeOptions = {}): Promise<void> {
    return this.#signal(key, 'forget', options);
  }

  /** Goes on with the changed first grant of the issuer's connection, and gives up waiting for a lost answer. */
  async reauthorize(key: string, options: ChangeOptions = {}): Promise<UpdateAnswer> {
    return sendUpdate(this.handle(key), 'reauthorize', this.#request(options), updateOptions(options));
  }

  /** Reads the vault and the sinks again, and delivers what is missing. @param sink - end only this sink's lane */
  async deliver(key: string, options: ChangeOptions & { sink?: string | undefined } = {}): Promise<UpdateAnswer> {
    const request: DeliverRequest = { ...this.#request(options), ...defined({ sink: options.sink }) };
    return sendUpdate(this.handle(key), 'deliver', request, updateOptions(options));
  }

  /** Acknowledges a generation for a consumer whose sink can't be read back. */
  async acknowledge(key: string, sink: string, generation: number, options: ChangeOptions = {}): Promise<UpdateAnswer> {
    requireGeneration(generation);
    const request: AcknowledgeRequest = { ...this.#request(options), sink, generation };
    return sendUpdate(this.handle(key), 'acknowledge', request, updateOptions(options));
  }

  /** Everything that is known of a token. @throws TokenError `NotKept`, `ServerUnavailable`, `ServerRefused`, `WorkflowTaskFailing` */
  async status(key: string): Promise<TokenStatus> {
    return readStatus(this.handle(key), Date.now());
  }

  /** All tokens, from visibility. @throws TokenError `ServerUnavailable`, `ServerRefused` */
  list(options: { environment?: string | undefined } = {}): Promise<TokenRow[]> {
    const { client, prefix, searchAttributes } = this.#options;
    return listTokens(client, { prefix: prefix ?? defaultPrefix, searchAttributes, environment: options.environment });
  }

  #shared(verb: Parameters<typeof sharedUpdateId>[0], generation: number, options: ChangeOptions): UpdateOptions {
    return { ...updateOptions(options), updateId: () => sharedUpdateId(verb, generation, Date.now()) };
  }

  #request(options: ChangeOptions): Request {
    requireWhole(options.ifGeneration, 'ifGeneration');
    return newRequest(this.#actor, defined({ reason: options.reason, ifGeneration: options.ifGeneration }));
  }

  async #signal(key: string, verb: keyof typeof signalNames, options: ChangeOptions): Promise<void> {
    return sendSignal(this.handle(key), verb, this.#request(options), options);
  }
}

const updateOptions = ({ signal, deadlineMs }: ChangeOptions): UpdateOptions => ({ signal, deadlineMs });
