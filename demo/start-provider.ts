import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TokenError } from '../src/core/errors.js';
import { choosePort } from '../src/server/free-port.js';
import { listensOn } from '../src/server/listener.js';
import type { DemoFiles } from './prepare.js';
import { controlProvider, type ProviderControl } from './provider/control-client.js';
import { supervise } from './supervisor.js';

/** The demo's authorization server, a process of its own. */
export interface RunningProvider {
  readonly port: number;
  readonly url: string;
  readonly control: ProviderControl;
  stop(): Promise<void>;
}

/** How it is started. */
export interface ProviderOptions {
  /** Exactly this port, or an error. */
  readonly port: number | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted to give up. */
  readonly stop: AbortSignal;
}

const script = fileURLToPath(new URL('./provider/main.js', import.meta.url));

/**
 * Starts it on the asked port or the first free one, and returns when it answers.
 * @param tell - called when it has ended, and is started again
 * @throws TokenError `PortTaken`, `ServerUnavailable`; an error where it is given up
 */
export async function startProvider(
  { state, clientSecret }: Pick<DemoFiles, 'state' | 'clientSecret'>,
  { port: wanted, env, stop }: ProviderOptions,
  tell: (line: string) => void,
): Promise<RunningProvider> {
  for (;;) {
    const port = await choosePort({ title: 'OAuth 2 provider', asked: wanted, from: 9400 });
    const args = ['--port', `${port}`, '--state', `${state}/provider.db`, '--client-secret-file', clientSecret];
    const logFile = `${state}/provider.log`;
    const running = await supervise(script, { args, env, logFile }, (ended) =>
      tell(`the provider ended (${ended}), starting it again`),
    );
    const url = `http://127.0.0.1:${port}`;
    const control = controlProvider(url);
    try {
      await untilAnswers(control, logFile, stop);
      // That of another demo may have been faster at this port.
      if ((await listensOn(running.pid, port)) !== false) return { port, url, control, stop: () => running.stop() };
    } catch (error) {
      await running.stop();
      throw error;
    }
    await running.stop();
  }
}

async function untilAnswers(control: ProviderControl, logFile: string, stop: AbortSignal): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const answers = await control.counts().then(
      () => true,
      () => false,
    );
    if (answers) return;
    await sleep(100, undefined, { signal: stop });
  }
  throw new TokenError('ServerUnavailable', 'the OAuth 2 provider does not answer', { do: `read ${logFile}` });
}
