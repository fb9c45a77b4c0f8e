import { readdir, readFile, readlink } from 'node:fs/promises';
import { processIds, sessionField, statOf } from '../common/processes.js';

/** The state of a socket that listens, in /proc/net/tcp. */
const listening = '0A';

/**
 * Whether a program that leads its session, or one that it started, listens on a port of 127.0.0.1: two that were started at the same time
 * may have chosen the same one. null: this system does not tell.
 */
export async function listensOn(leader: number, port: number): Promise<boolean | null> {
  const sockets = await socketsOn(port);
  // Somebody answered there: a list without it is no list.
  if (sockets.length === 0) return null;
  const theirs = await Promise.all((await processIds()).map((pid) => socketsOf(pid, leader)));
  return theirs.flat().some((socket) => sockets.includes(socket));
}

async function socketsOn(port: number): Promise<string[]> {
  const table = await readFile('/proc/net/tcp', 'utf8').catch(() => '');
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    return local.endsWith(wanted) && state === listening ? [`socket:[${inode}]`] : [];
  });
}

/** What a process holds open; nothing where it is of another session, or has ended meanwhile. */
async function socketsOf(pid: string, leader: number): Promise<string[]> {
  const stat = await statOf(pid);
  if (stat?.[sessionField] !== String(leader)) return [];
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
}
