import { emitKeypressEvents } from 'node:readline';

const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';

/** A full-screen terminal; unused without one. */
export interface Terminal {
  draw(lines: readonly string[]): void;
  readonly size: { readonly rows: number; readonly columns: number };
  /** Restores the terminal. */
  close(): void;
}

/** Takes over the terminal. @param onKey - called with each key's name; Ctrl-C comes as `q` */
export function openTerminal(onKey: (key: string) => void): Terminal {
  const { stdin, stdout } = process;
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  stdin.resume();
  const listen = (_text: string | undefined, key: { readonly name?: string; readonly ctrl?: boolean }): void =>
    onKey(key.ctrl === true && key.name === 'c' ? 'q' : (key.name ?? ''));
  stdin.on('keypress', listen);
  stdout.write(enter);
  return {
    draw: (lines) => void stdout.write(home + lines.map((line) => line + clearLine).join('\r\n') + clearBelow),
    get size() {
      return { rows: stdout.rows || 24, columns: stdout.columns || 80 };
    },
    close() {
      stdin.off('keypress', listen);
      stdin.setRawMode(false);
      stdin.pause();
      stdout.write(leave);
    },
  };
}
