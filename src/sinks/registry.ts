import { dotenv } from './dotenv.js';
import { file } from './file.js';
import { memory } from './memory.js';
import type { SinkDriver } from './sink.js';
import { webhook } from './webhook.js';

/** Every sink driver that a connection may name, by its name. A new one is one file and one line here. */
export const sinkDrivers: Readonly<Record<string, SinkDriver>> = { dotenv, file, memory, webhook };
