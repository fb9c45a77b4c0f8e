import type { CommandWords, OptionWords, ProgramWords } from './words.js';

const keys = `'(tokenkeeper list -o name 2>/dev/null)'`;

/** The completion script for fish, with one line per word. */
export function fishScript({ commands, globals }: ProgramWords): string {
  const lines = [...globals.map((option) => optionLine('', option)), ...commands.flatMap(commandLines)];
  return `# tokenkeeper completion fish > ~/.config/fish/completions/tokenkeeper.fish
complete -c tokenkeeper -f
${lines.join('\n')}
`;
}

function commandLines({ names, about, options, children, choices, takesKey, takesAny }: CommandWords): string[] {
  const seen = `__fish_seen_subcommand_from ${names.join(' ')}`;
  const line = (what: string, when = seen): string => `complete -c tokenkeeper -n '${when}' ${what}`;
  const isBelow = `${seen}; and not __fish_seen_subcommand_from ${children.join(' ')}`;
  return [
    `complete -c tokenkeeper -n __fish_use_subcommand -a ${names[0]} -d '${about}'`,
    ...options.map((option) => optionLine(` -n '${seen}'`, option)),
    ...children.map((child) => line(`-a ${child}`, isBelow)),
    ...(choices.length > 0 ? [line(`-a '${choices.join(' ')}'`)] : []),
    ...(takesKey ? [line(`-a ${keys}`)] : []),
    ...(takesAny ? [line('-F')] : []),
  ];
}

function optionLine(when: string, { flags, value }: OptionWords): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ');
  return `complete -c tokenkeeper${when} ${names}${valueOf(value)}`;
}

function valueOf(value: OptionWords['value']): string {
  if (value === 'none') return '';
  if (value === 'any') return ' -r -F';
  return ` -x -a ${value === 'key' ? keys : `'${value.join(' ')}'`}`;
}
