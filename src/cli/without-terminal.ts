/** For what runs until it is stopped. Node takes SIGHUP for itself when it starts, so that a program can't see that nohup had it ignored. */
export const withoutTerminal = (command: string): string =>
  `\nTo go on after the terminal is closed (nohup has no effect on programs of Node):\n  setsid ${command} > log 2>&1 < /dev/null &`;
