/** Help for commands that run until they are stopped. Node takes over SIGHUP at its start, so a program can't see that nohup ignored it. */
export const withoutTerminal = (command: string): string =>
  `\nTo go on after the terminal is closed (nohup has no effect on programs of Node):\n  setsid ${command} > log 2>&1 < /dev/null &`;
