import type { Command } from 'commander';

/** Shells that have a script. */
export const shells = ['bash', 'zsh', 'fish'] as const;
/** A shell that can be completed. */
export type Shell = (typeof shells)[number];

interface Words {
  readonly command: string;
  readonly about: string;
  readonly options: readonly string[];
  /** Takes a token's key. */
  readonly takesKey: boolean;
}

/** A completion script; keys are asked of `tokenkeeper list -o name` when they are needed. */
export function completionScript(program: Command, shell: Shell): string {
  const words = wordsOf(program);
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](words, longOptions(program));
}

function wordsOf(program: Command): Words[] {
  return program.commands.map((command) => ({
    command: command.name(),
    about: (command.description().split(/[:;.](?: |$)/, 1)[0] ?? '').replaceAll(/['"`$\\]/g, ''),
    options: [...longOptions(command), ...command.commands.map((child) => child.name())],
    takesKey: command.registeredArguments.some((argument) => argument.name() === 'key'),
  }));
}

function longOptions(command: Command): string[] {
  return command.options.flatMap(({ long }) => (long == null ? [] : [long]));
}

function bashScript(words: readonly Words[], globals: readonly string[]): string {
  const cases = words.map(({ command, options, takesKey }) => {
    const keys = takesKey ? ' $(tokenkeeper list -o name 2>/dev/null)' : '';
    return `    ${command}) words="${[...options, ...globals].join(' ')}${keys}" ;;`;
  });
  return `# tokenkeeper completion bash > /etc/bash_completion.d/tokenkeeper
_tokenkeeper() {
  local words current="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words="${[...words.map(({ command }) => command), ...globals].join(' ')}" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${[...words.map(({ command }) => command), ...globals].join(' ')}"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _tokenkeeper tokenkeeper
`;
}

function zshScript(words: readonly Words[], globals: readonly string[]): string {
  const commands = words.map(({ command, about }) => `    '${command}:${about}'`);
  const cases = words.map(({ command, options, takesKey }) => {
    const keys = takesKey ? ' $(tokenkeeper list -o name 2>/dev/null)' : '';
    return `    ${command}) compadd -- ${[...options, ...globals].join(' ')}${keys} ;;`;
  });
  return `#compdef tokenkeeper
# tokenkeeper completion zsh > "\${fpath[1]}/_tokenkeeper"
_tokenkeeper() {
  local -a commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case "$words[2]" in
${cases.join('\n')}
  esac
}
compdef _tokenkeeper tokenkeeper
`;
}

function fishScript(words: readonly Words[], globals: readonly string[]): string {
  const lines = words.flatMap(({ command, about, options, takesKey }) => {
    const seen = `-n '__fish_seen_subcommand_from ${command}'`;
    const completions = options.map((option) =>
      option.startsWith('--')
        ? `complete -c tokenkeeper ${seen} -l ${option.slice(2)}`
        : `complete -c tokenkeeper ${seen} -a ${option}`,
    );
    const keys = takesKey ? [`complete -c tokenkeeper ${seen} -a '(tokenkeeper list -o name 2>/dev/null)'`] : [];
    return [`complete -c tokenkeeper -n __fish_use_subcommand -a ${command} -d '${about}'`, ...completions, ...keys];
  });
  return `# tokenkeeper completion fish > ~/.config/fish/completions/tokenkeeper.fish
complete -c tokenkeeper -f
${globals.map((option) => `complete -c tokenkeeper -l ${option.slice(2)}`).join('\n')}
${lines.join('\n')}
`;
}
