import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { withCli } from '../support/cli.js';
import { waitFor } from '../support/wait-for.js';

const bench = withCli();
const minted = bench.key('minted');
const pasted = bench.key('pasted');
const adopted = bench.key('adopted');
const node = process.execPath;

const declare = (pastedExpiresAt: string): Promise<void> =>
  bench.declare({
    [minted]: { issuer: 'idp', sinks: ['files'] },
    [pasted]: { issuer: 'manual', sinks: ['files', 'env'], expiresAt: pastedExpiresAt },
    [adopted]: { issuer: 'idp', sinks: ['files'] },
  });

beforeAll(async () => {
  await declare('2999-01-20');
  await bench.tokenkeeper(['import', adopted], { stdin: 'adopted-value' });
  await bench.tokenkeeper(['apply']);
  await waitFor(() => bench.status(minted), { limitMs: 45_000, until: ({ state }) => state === 'healthy' });
});

const valueOf = async (key: string): Promise<string> => (await bench.tokenkeeper(['get', key])).stdout.trimEnd();

/** Whether a process has ended and its parent has heard of it. */
function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}

describe('get', () => {
  it('prints the current value and nothing else', async () => {
    const outcome = await bench.tokenkeeper(['get', minted]);
    expect(outcome).toEqual({ code: 0, stdout: `${bench.provider.values.at(-1)}\n`, stderr: '' });
  });

  it('refuses a terminal, unless --show', async () => {
    const outcome = await bench.tokenkeeper(['get', minted], { terminal: true });
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toContain('do: give --show, or hand it to a program: ');
    expect((await bench.tokenkeeper(['get', minted, '--show'], { terminal: true })).stdout).toMatch(/^example-/);
  });

  it('tells programs generation and expiry as JSON', async () => {
    const { stdout } = await bench.tokenkeeper(['get', minted, '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ key: minted, generation: 1, expiresAt: expect.stringMatching(/Z$/) });
  });

  it('says where to look when the vault holds no value yet', async () => {
    const key = bench.key('none-yet');
    expect(await bench.tokenkeeper(['get', key])).toEqual({
      code: 1,
      stdout: '',
      stderr:
        `tokenkeeper: the vault holds no value of ${key} (NotKept)\n` +
        `do: declare and apply the token, or see what it waits for: tokenkeeper status ${key}\n`,
    });
  });

  it('needs no Temporal', async () => {
    const outcome = await bench.raw(['-c', bench.configFile, '--address', '127.0.0.1:1', 'get', minted]);
    expect(outcome.code).toBe(0);
  });
});

describe('import', () => {
  it('stores what comes on stdin, delivers it and rotates nothing', async () => {
    const outcome = await bench.tokenkeeper(['import', pasted], { stdin: 'npm_first_value\n' });
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toMatch(
      new RegExp(
        `^${pasted} gen 1 imported, fp [0-9a-f]{4}…[0-9a-f]{2}, expires 2999-01-20T00:00Z\ndelivered \\d/2\n$`,
      ),
    );
    expect(outcome.stdout).not.toContain('npm_first_value');
    await waitFor(() => bench.read(`run/${pasted}`), {
      limitMs: 45_000,
      until: (text) => text.trim() === 'npm_first_value',
    });
    expect(await valueOf(pasted)).toBe('npm_first_value');
  });

  it('takes a newer value, and the same one again is nothing', async () => {
    await bench.tokenkeeper(['import', pasted], { stdin: 'npm_second_value' });
    expect(await valueOf(pasted)).toBe('npm_second_value');
    const { generation } = JSON.parse((await bench.tokenkeeper(['get', pasted, '-o', 'json'])).stdout) as {
      generation: number;
    };
    await bench.tokenkeeper(['import', pasted], { stdin: 'npm_second_value\r\n' });
    expect(JSON.parse((await bench.tokenkeeper(['get', pasted, '-o', 'json'])).stdout)).toMatchObject({ generation });
    await waitFor(() => bench.read('run/all.env'), {
      limitMs: 45_000,
      until: (text) => text.includes('npm_second_value'),
    });
  });

  it('tells when the value dies, whatever is declared, until the declaration says something else', async () => {
    const expiresAt = async (): Promise<unknown> => (await bench.status(pasted))['expiresAt'];
    await bench.tokenkeeper(['import', pasted, '--expires-at', '2999-06-01'], { stdin: 'npm_third_value' });
    expect(await bench.tokenkeeper(['deliver', pasted])).toMatchObject({ code: 0 });
    expect(await expiresAt()).toBe('2999-06-01T00:00:00.000Z');
    await declare('2999-02-01');
    await bench.tokenkeeper(['apply']);
    await waitFor(expiresAt, { limitMs: 45_000, until: (at) => at === '2999-02-01T00:00:00.000Z' });
  });

  it('is adopted by a workflow that starts later, with no call of the provider', async () => {
    const status = await waitFor(() => bench.status(adopted), {
      limitMs: 45_000,
      until: ({ generation }) => generation > 0,
    });
    expect(status).toMatchObject({ generation: 1 });
    expect(await valueOf(adopted)).toBe('adopted-value');
  });

  it.each([
    { title: 'nothing', stdin: '', words: 'stdin holds no value' },
    { title: 'blanks alone', stdin: '  \n', words: 'stdin holds no value' },
    { title: 'several lines', stdin: 'one\ntwo\n', words: 'more than one line' },
    { title: 'a letter beyond ASCII', stdin: 'pässword\n', words: 'other than printable ASCII' },
    { title: 'a NUL', stdin: 'a\0b', words: 'other than printable ASCII' },
    { title: 'far too much', stdin: 'x'.repeat(70_000), words: 'too long' },
  ])('refuses $title', async ({ stdin, words }) => {
    const outcome = await bench.tokenkeeper(['import', pasted], { stdin });
    expect(outcome).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(words) });
    expect(outcome.stderr).toMatch(/\ndo: .+\n$/);
  });

  it('takes a value in quotes as it is, and says so without showing it', async () => {
    const { code, stderr } = await bench.tokenkeeper(['import', pasted], { stdin: '"npm_quoted_value"\n' });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('the value is in quotes, and is taken'),
    });
    expect(stderr).not.toContain('npm_quoted_value');
    expect(await valueOf(pasted)).toBe('"npm_quoted_value"');
  });

  it('refuses what is not declared, and what is dead on arrival', async () => {
    const unknown = await bench.tokenkeeper(['import', bench.key('unknown')], { stdin: 'x' });
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('is not declared (NotKept)') });
    const dead = await bench.tokenkeeper(['import', pasted, '--expires-at', '2001-01-01'], { stdin: 'x' });
    expect(dead).toMatchObject({ code: 2, stderr: expect.stringContaining('dead on arrival') });
  });
});

describe('exec', () => {
  const script = (code: string): string[] => ['--', node, '-e', code];

  it('gives a program its tokens, masks its output, and answers with its exit code', async () => {
    const code = 'console.log("have", process.env.TOKEN); console.error("err", process.env.MINTED); process.exit(7)';
    // A value that the shell was given before, as by an older script, is not the program's.
    const env = { TOKEN: 'stale' };
    const outcome = await bench.tokenkeeper(['exec', '-t', `${minted}=TOKEN`, '-t', minted, ...script(code)], { env });
    expect(outcome).toEqual({ code: 7, stdout: 'have [secret]\n', stderr: 'err [secret]\n' });
  });

  it('shows what it prints with --no-masking', async () => {
    const argv = ['run', '--no-masking', '-t', `${minted}=TOKEN`, ...script('console.log(process.env.TOKEN)')];
    expect((await bench.tokenkeeper(argv)).stdout).toBe(`${await valueOf(minted)}\n`);
  });

  it('ends with 127 for a program that is not there, with 126 for one that cannot be run', async () => {
    const run = (program: string) => bench.tokenkeeper(['exec', '-t', minted, '--', program]);
    expect(await run('/nowhere/at/all')).toMatchObject({ code: 127, stderr: expect.stringMatching(/\ndo: .+\n$/) });
    expect(await run(bench.configFile)).toMatchObject({ code: 126, stderr: expect.stringMatching(/\ndo: .+\n$/) });
  });

  it('ends with 127 for a program without a name', async () => {
    const { code, stderr } = await bench.tokenkeeper(['exec', '-t', minted, '--', '']);
    expect({ code, stderr }).toEqual({
      code: 127,
      stderr: 'tokenkeeper: an empty name is no program\ndo: name a program after --\n',
    });
  });

  it('waits for the output of what its program left running, until a signal comes', async () => {
    const left = 'setTimeout(() => {}, 240_000)';
    const code =
      `const { spawn } = require("child_process"); const { pid } = spawn(process.execPath, ["-e", ${JSON.stringify(left)}], { stdio: "inherit" });` +
      'console.log("left", pid, "by", process.pid); process.exit(5)';
    const running = bench.start(['exec', '-t', minted, ...script(code)]);
    const said = await waitFor(() => running.said(), {
      limitMs: 45_000,
      until: (text) => /left \d+ by \d+\n/.test(text),
    });
    // A signal before its end would be for the program itself.
    await waitFor(() => isGone(Number(/by (\d+)/.exec(said)?.[1])), { limitMs: 45_000 });
    let isOver = false;
    void running.ended.then(() => (isOver = true));
    try {
      await waitFor(
        () => {
          if (!isOver) running.stop('SIGTERM');
          return isOver;
        },
        { limitMs: 45_000 },
      );
      expect(await running.ended).toMatchObject({ code: 5 });
    } finally {
      process.kill(Number(/left (\d+)/.exec(said)?.[1]), 'SIGKILL');
    }
  });

  it('ends with 125 where it has no token to give, and starts nothing', async () => {
    const outcome = await bench.tokenkeeper(['exec', '-t', bench.key('unknown'), ...script('console.log("started")')]);
    expect(outcome).toMatchObject({ code: 125, stdout: '', stderr: expect.stringContaining('(NotKept)') });
  });

  it('tells what is wrong with the configuration as the other commands do, and ends with 125', async () => {
    const file = join(bench.folder, 'bad.yaml');
    await writeFile(file, 'version: 1\ntokens:\n  a/b: { issuer: manual, renewBefore: soon }\n');
    const outcome = await bench.raw(['-c', file, 'exec', '-t', 'a/b', ...script('')]);
    const { stderr } = await bench.raw(['-c', file, 'plan']);
    expect(outcome).toEqual({ code: 125, stdout: '', stderr });
  });

  it('hands signals on, and ends with 128 + the signal', async () => {
    const running = bench.start(['exec', '-t', minted, ...script('console.log("up"); setInterval(() => {}, 1000)')]);
    await waitFor(() => running.said().includes('up'), { limitMs: 45_000 });
    running.stop('SIGTERM');
    expect((await running.ended).code).toBe(143);
  });

  it('starts it again with --on-renewal restart when there is a new generation', async () => {
    const code = 'console.log("start", process.env.TOKEN.length); setInterval(() => {}, 1000)';
    const argv = ['exec', '--on-renewal', 'restart', '-t', `${minted}=TOKEN`, ...script(code)];
    const running = bench.start(argv);
    await waitFor(() => running.said().includes('start'), { limitMs: 45_000 });
    await bench.tokenkeeper(['rotate', minted, '--wait']);
    await waitFor(() => running.said().split('start').length === 3, { limitMs: 45_000 });
    running.stop('SIGTERM');
    expect((await running.ended).code).toBe(143);
  });

  it('starts nothing where Ctrl-C comes while the values are looked for', async () => {
    const running = bench.start(['exec', '-t', minted, ...script('console.log("up")')]);
    running.stop();
    expect(await running.ended).toEqual({ code: 130, stdout: '', stderr: '' });
  });

  it('does not start it again where somebody ends it while it stops for its restart', async () => {
    // The signal of the restart does not end it, only the one that is handed on.
    const code =
      'process.once("SIGTERM", () => { process.once("SIGTERM", () => process.exit(7)); console.log("stopping") });' +
      'console.log("start"); setInterval(() => {}, 1000)';
    const running = bench.start(['exec', '--on-renewal', 'restart', '-t', minted, ...script(code)]);
    await waitFor(() => running.said().includes('start'), { limitMs: 45_000 });
    await bench.tokenkeeper(['rotate', minted, '--wait']);
    await waitFor(() => running.said().includes('stopping'), { limitMs: 45_000 });
    running.stop('SIGTERM');
    const { code: exitCode, stdout } = await running.ended;
    expect({ exitCode, starts: stdout.split('start\n').length - 1 }).toEqual({ exitCode: 7, starts: 1 });
  });

  it('hides the value of before a restart, too, on stdout and stderr', async () => {
    const code =
      'const fs = require("fs"); const file = process.env.KEPT; const old = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "none";' +
      'fs.writeFileSync(file, process.env.TOKEN); console.error("old", Buffer.from(old).toString("base64")); console.log("old", old); setInterval(() => {}, 1000)';
    const argv = ['exec', '--on-renewal', 'restart', '-t', `${minted}=TOKEN`, ...script(code)];
    const running = bench.start(argv, { env: { KEPT: `${bench.folder}/kept` } });
    await waitFor(() => running.said().includes('old none'), { limitMs: 45_000 });
    await bench.tokenkeeper(['rotate', minted, '--wait']);
    await waitFor(() => running.said().split('old').length === 3, { limitMs: 45_000 });
    running.stop('SIGTERM');
    const { stdout, stderr } = await running.ended;
    expect(stdout).toBe('old none\nold [secret]\n');
    expect(stderr).toBe('old bm9uZQ==\nold [secret]\n');
  });

  it('hides a generation that comes while it runs and that it reads in a sink, and does not touch it', async () => {
    const code =
      'const fs = require("fs"); let count = 0; let last; process.on("SIGHUP", () => console.log("signalled"));' +
      'setInterval(() => { const read = fs.readFileSync(process.env.SINK, "utf8"); if (read !== last) count += 1;' +
      'last = read; console.log("value", count, read); }, 50)';
    const env = { SINK: `${bench.folder}/run/${minted}` };
    const running = bench.start(['exec', '-t', minted, ...script(code)], { env });
    await waitFor(() => running.said().includes('value 1 [secret]\n'), { limitMs: 45_000 });
    await bench.tokenkeeper(['rotate', minted, '--wait']);
    await waitFor(() => running.said().includes('value 2 [secret]\n'), { limitMs: 45_000 });
    running.stop('SIGTERM');
    const { code: exitCode, stdout } = await running.ended;
    expect({ exitCode, isSignalled: stdout.includes('signalled') }).toEqual({ exitCode: 143, isSignalled: false });
  });

  it('signals it with --on-renewal signal, once a generation', async () => {
    // It ends after two further looks.
    const code =
      'process.on("SIGHUP", () => { console.log("renewed"); setTimeout(() => process.exit(0), 2500) }); console.log("up"); setInterval(() => {}, 1000)';
    const running = bench.start(['exec', '--on-renewal', 'signal', '-t', minted, ...script(code)]);
    await waitFor(() => running.said().includes('up'), { limitMs: 45_000 });
    await bench.tokenkeeper(['rotate', minted, '--wait']);
    expect(await running.ended).toMatchObject({ code: 0, stdout: 'up\nrenewed\n' });
  });
});
