import { file } from '../../src/sinks/file.js';
import { openSink, sinkDelivery, sinkDeps, sinkRequest } from './sink-files.js';

/** Delivers to files of another user, twice, and prints the reading. argv: folder, key, settings as JSON. */
const [folder = '', key = '', settings = '{}'] = process.argv.slice(2);
const sink = await openSink(file, JSON.parse(settings) as object, sinkDeps(folder));
for (const generation of [1, 2]) await sink.write(sinkDelivery(key, generation, `value ${generation}`));
process.stdout.write(JSON.stringify(await sink.read(sinkRequest(key))));
