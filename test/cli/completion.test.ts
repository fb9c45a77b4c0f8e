import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { completionScript } from '../../src/cli/completion/completion.js';
import { buildProgram } from '../../src/cli/program.js';

const program = buildProgram(() => async () => {});

/** What bash offers for a line whose last word is being written, by a `tokenkeeper` that notes how it is asked for the keys. */
async function offered(...line: string[]): Promise<string[]> {
  const script = `
    tokenkeeper() { echo "production/api"; echo "staging/api"; echo "asked:$(IFS=_; echo "$*")"; }
    ${completionScript(program, 'bash')}
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _tokenkeeper
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script, 'bash', 'tokenkeeper', ...line]);
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

describe('bash', () => {
  it.each([
    ['a command', ['rota'], ['rotate']],
    ['a command behind an option for all', ['-c', 'other.yaml', 'rota'], ['rotate']],
    ['of what help is wanted', ['help', 'rota'], ['rotate']],
    ['a key', ['status', 'prod'], ['production/api']],
    ['a key of exec, by its other name', ['run', '-t', 'stag'], ['staging/api']],
    [
      'keys as they are by the options for all',
      ['--prefix', 'mine', 'get', 'asked'],
      ['asked:--prefix_mine_list_-o_name'],
    ],
    ['an option', ['exec', '--on'], ['--on-renewal']],
    ['an option for all', ['exec', '--task'], ['--task-queue']],
    ['one of the words that an option takes', ['list', '-o', 'w'], ['wide']],
    ['one of the words that an argument may be', ['completion', 'z'], ['zsh']],
    ['what a vault can be told', ['vault', 're'], ['rekey', 'restore']],
    ['nothing of ours where a file stands', ['vault', 'restore', ''], []],
    ['nothing of ours behind an option that takes a file', ['import', '--from', ''], []],
    ['nothing of ours behind an option for all that takes one', ['-c', ''], []],
    ['nothing of ours in the program that exec runs', ['exec', '-t', 'staging/api', '--', ''], []],
  ])('offers %s', async (_, line, words) => {
    expect(await offered(...line)).toEqual(words);
  });

  it('leaves to the shell what is not ours, such as files', () => {
    expect(completionScript(program, 'bash')).toContain('complete -o default -F _tokenkeeper tokenkeeper');
  });
});

it('zsh completes at the first key, too, where it loads the script late', () => {
  expect(completionScript(program, 'zsh')).toMatch(
    /if \[ "\$funcstack\[1\]" = _tokenkeeper \]; then _tokenkeeper "\$@"; fi\n$/,
  );
});

it.each([
  ['files of a vault', "-n '__fish_seen_subcommand_from vault' -F"],
  ['files of an option', "-n '__fish_seen_subcommand_from import' -l from -r -F"],
  ['words of an option', "-n '__fish_seen_subcommand_from list ls' -s o -l output -x -a 'table wide json name'"],
  [
    'keys of exec',
    "-n '__fish_seen_subcommand_from exec run' -s t -l token -x -a '(tokenkeeper list -o name 2>/dev/null)'",
  ],
])('fish has %s', (_, line) => {
  expect(completionScript(program, 'fish').split('\n')).toContain(`complete -c tokenkeeper ${line}`);
});
