import type { Command } from 'commander';
import { fishScript } from './fish.js';
import { programWords, type OptionWords, type ProgramWords } from './words.js';

/** Shells with a completion script. */
export const shells = ['bash', 'zsh', 'fish'] as const;
/** A shell that can be completed. */
export type Shell = (typeof shells)[number];

/** A completion script; it gets keys from `tokenkeeper list -o name` when needed. */
export function completionScript(program: Command, shell: Shell): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](programWords(program));
}

const longs = (options: readonly OptionWords[]): string =>
  options.flatMap(({ flags }) => flags.filter((flag) => flag.startsWith('--'))).join(' ');

/** Flags that take a value, as a pattern. */
const valued = (options: readonly OptionWords[]): string =>
  options.flatMap(({ flags, value }) => (value === 'none' ? [] : flags)).join('|');

/**
 * The part that bash and zsh share: sets `offer` and `keys` from `command` and `previous`, and `options`. Where both are empty, the
 * shell's own completion is used.
 */
function cases({ commands, globals }: ProgramWords): string {
  const names = commands.map(({ names: [name = ''] }) => name).join(' ');
  const lines = commands.map(({ names: own, options, children, choices, takesKey }) => {
    const known = options.flatMap(({ flags, value }) =>
      value === 'none' || value === 'any' ? [] : [`${flags.join('|')}) ${offering(value)}`],
    );
    const any = valued(options.filter(({ value }) => value === 'any'));
    const below = children.length > 0 ? [`${own.join('|')}) offer="${children.join(' ')}"`] : [];
    const argument = takesKey ? ['*) keys=yes'] : choices.length > 0 ? [`*) offer="${choices.join(' ')}"`] : [];
    const rows = [...known, ...(any === '' ? [] : [`${any})`]), ...below, ...argument];
    const byPrevious = rows.length === 0 ? '' : ` case "$previous" in ${rows.join(' ;; ')} ;; esac ;`;
    return `    ${own.join('|')}) options="${longs(options)}";${byPrevious};`;
  });
  return `  case "$command" in
    ''|help) offer="${names}" ;;
${lines.join('\n')}
  esac
  case "$current" in -*) keys=""; offer="$options ${longs(globals)}" ;; esac`;
}

const offering = (value: readonly string[] | string): string =>
  typeof value === 'string' ? 'keys=yes' : `offer="${value.join(' ')}"`;

function bashScript(words: ProgramWords): string {
  return `# tokenkeeper completion bash > /etc/bash_completion.d/tokenkeeper
_tokenkeeper() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" options="" offer="" keys="" at
  local -a globals=()
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "\${COMP_WORDS[at]}" in
      --) return ;;
      ${valued(words.globals)}) globals+=("\${COMP_WORDS[at]}" "\${COMP_WORDS[at+1]}"); ((at++)) ;;
      -*) ;;
      *) [ -n "$command" ] || command="\${COMP_WORDS[at]}" ;;
    esac
  done
  case "$previous" in ${valued(words.globals)}) return ;; esac
${cases(words)}
  [ -z "$keys" ] || offer="$(tokenkeeper "\${globals[@]}" list -o name 2>/dev/null)"
  COMPREPLY=($(compgen -W "$offer" -- "$current"))
}
complete -o default -F _tokenkeeper tokenkeeper
`;
}

function zshScript(words: ProgramWords): string {
  const commands = words.commands.map(({ names: [name = ''], about }) => `    '${name}:${about}'`);
  return `#compdef tokenkeeper
# tokenkeeper completion zsh > "\${fpath[1]}/_tokenkeeper"
compdef _tokenkeeper tokenkeeper
_tokenkeeper() {
  local current="$words[CURRENT]" previous="$words[CURRENT-1]" command="" options="" offer="" keys="" at
  local -a globals
  local -a commands=(
${commands.join('\n')}
  )
  for ((at = 2; at < CURRENT; at++)); do
    case "$words[at]" in
      --) _files; return ;;
      ${valued(words.globals)}) globals+=("$words[at]" "$words[at+1]"); ((at++)) ;;
      -*) ;;
      *) [ -n "$command" ] || command="$words[at]" ;;
    esac
  done
  case "$previous" in ${valued(words.globals)}) _files; return ;; esac
${cases(words)}
  if [ -z "$command" ] && [ "\${current#-}" = "$current" ]; then _describe command commands; return; fi
  [ -z "$keys" ] || offer="$(tokenkeeper "\${globals[@]}" list -o name 2>/dev/null)"
  compadd -- \${=offer} || _files
}
# Read by autoload, this is the function's first call; by source or eval it is none.
if [ "$funcstack[1]" = _tokenkeeper ]; then _tokenkeeper "$@"; fi
`;
}
