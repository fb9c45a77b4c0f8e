import { Turns } from '../../common/turns.js';

/** The queue of writers of each file, by path. Waiting inside SQLite would block the thread that the holder of the lock needs. */
export const writerTurns = new Turns();
