import { AnsiUp } from 'ansi_up';

const inverse = '\u001b[7m';
const blackOnWhite = '\u001b[30;47m';

/** A page with the content of a terminal; the picture is of its element `pre`. */
export function terminalPage(screen: string): string {
  const ansi = new AnsiUp();
  ansi.use_classes = true;
  // ansi_up does not support inverse.
  const html = ansi.ansi_to_html(screen.trimEnd().replaceAll(inverse, blackOnWhite));
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0 }
    pre { display: inline-block; margin: 0; padding: 16px 20px; background: #16181d; color: #d8dade;
          font: 14px/1.4 'DejaVu Sans Mono', Menlo, Consolas, monospace }
    .ansi-red-fg { color: #ff7b72 }
    .ansi-green-fg { color: #56d364 }
    .ansi-black-fg { color: #16181d }
    .ansi-white-bg { background: #d8dade }
  </style><pre>${html}</pre>`;
}
