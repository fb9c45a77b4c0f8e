import { dotenv } from '../../src/sinks/dotenv.js';
import { file } from '../../src/sinks/file.js';
import { openSink, sinkDelivery, sinkDeps } from './sink-files.js';
import { completeValue } from './complete-value.js';

/**
 * A process that delivers one generation after the other and prints each one once it is written.
 * argv: folder, key, sinks (comma-separated: file, dotenv), first generation, number of generations (0: until it is killed).
 */
const [folder = '', key = '', sinks = '', first = '1', count = '0'] = process.argv.slice(2);
const all = {
  file: await openSink(file, { root: 'run' }, sinkDeps(folder)),
  dotenv: await openSink(dotenv, { path: 'run/.env' }, sinkDeps(folder)),
};
const chosen = Object.entries(all).filter(([name]) => sinks.split(',').includes(name));
const end = count === '0' ? Infinity : Number(first) + Number(count);
for (let generation = Number(first); generation < end; generation += 1) {
  for (const [, sink] of chosen) await sink.write(sinkDelivery(key, generation, completeValue(generation)));
  process.stdout.write(`${generation}\n`);
}
