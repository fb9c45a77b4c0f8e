import { readFile } from 'node:fs/promises';
import { isScreen } from '../src/cli/terminal/paint.js';
import { whenAborted } from '../src/common/awaiting.js';
import { TokenError } from '../src/core/errors.js';
import { systemCodeOf } from '../src/core/unexpected.js';
import { describeAlert, describeEarlyAlerts, type Alert } from './alerts.js';
import { Demo } from './demo.js';
import { readOptions } from './options.js';
import { renderScreen } from './screen.js';
import { interrupted, Stopping } from './stopping.js';
import { startStack, temporalEnded, type Stack } from './stack.js';
import { openTerminal, type Terminal } from './terminal.js';

const countsEveryMs = 10_000;
const drawEveryMs = 250;

/** What `npm start` runs: everything local, with a screen where there is a terminal, else plain lines. */
async function main(): Promise<void> {
  const startedAt = Date.now();
  const folder = process.cwd();
  const options = readOptions(process.argv.slice(2));
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  const head = [`tokenkeeper ${version} demo: all local, NOT production; state in .tokenkeeper/`];
  console.log(head[0]);

  let demo: Demo | null = null;
  let isSaid = false;
  const sayStopping = (): void => {
    if (!isSaid) console.log('stopping …');
    isSaid = true;
  };
  const stopping = new Stopping(() => {
    if (demo === null) sayStopping();
  });

  let terminal: Terminal | null = null;
  const early: Alert[] = [];
  const stack = await startUnlessStopped(
    folder,
    options,
    {
      ready(line) {
        head.push(line);
        console.log(line);
      },
      event: (line) => (demo === null ? console.log(line) : demo.note(line)),
      alert: (alert) => (demo === null ? void early.push(alert) : demo.note(describeAlert(alert))),
    },
    stopping.signal,
  );
  if (stack === null) return;
  try {
    const started = await Demo.start(stack, (line) => terminal === null && console.log(line));
    head[head.length - 1] += `    ready in ${Math.round((Date.now() - startedAt) / 1000)} s`;
    console.log(`ready in ${Math.round((Date.now() - startedAt) / 1000)} s`);
    demo = started;
    for (const line of describeEarlyAlerts(early)) demo.note(line);
    if (process.stdin.isTTY && isScreen(process.stdout, process.env))
      terminal = openTerminal((key) => press(key, started, () => stopping.ask()));
    const timer = terminal === null ? everyCounts(started) : everyDraw(terminal, started, head);
    const ended = await Promise.race([whenAborted(stopping.signal), stack.server.ended]);
    clearInterval(timer);
    if (ended !== undefined) throw temporalEnded(ended);
  } finally {
    demo?.stop();
    terminal?.close();
    terminal = null;
    await end(stack, demo, sayStopping);
  }
}

/** @returns null where a stop was requested meanwhile, and everything has ended again */
async function startUnlessStopped(
  ...[folder, options, tell, stop]: Parameters<typeof startStack>
): Promise<Stack | null> {
  try {
    return await startStack(folder, options, tell, stop);
  } catch (error) {
    if (!stop.aborted) throw error;
    process.exitCode = interrupted;
    // A download by the SDK goes on until it is done, for nobody.
    setTimeout(() => process.exit(), 1_000).unref();
    return null;
  }
}

function press(key: string, demo: Demo, quit: () => void): void {
  if (key === 'r') void demo.rotate().catch(() => demo.note('the rotation could not be asked for'));
  if (key === 'x') demo.revoke();
  if (key === 'k') demo.kill();
  if (key === 'q') quit();
}

function everyCounts(demo: Demo): NodeJS.Timeout {
  return setInterval(() => demo.counts.forEach((line) => console.log(line)), countsEveryMs);
}

function everyDraw(terminal: Terminal, demo: Demo, head: readonly string[]): NodeJS.Timeout {
  const draw = (): void => {
    const { rows, kept, pasted, lines } = demo;
    terminal.draw(renderScreen({ head, rows, kept, pasted, lines, now: Date.now() }, terminal.size));
  };
  return setInterval(draw, drawEveryMs);
}

async function end(stack: Stack, demo: Demo | null, sayStopping: () => void): Promise<void> {
  for (const line of demo?.counts ?? []) console.log(line);
  sayStopping();
  await stack.stop();
  console.log('stopped; npm start goes on with the same tokens');
}

main().catch((error: unknown) => {
  console.error(`tokenkeeper: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof TokenError) console.error(`do: ${error.do}`);
  else if (systemCodeOf(error) !== undefined)
    console.error(
      'do: see that this user may write into this folder, and that its disk has room; then npm start again',
    );
  process.exitCode = 1;
});
