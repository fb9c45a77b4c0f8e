import { statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TokenError } from '../../core/errors.js';
import { systemCodeOf } from '../../core/unexpected.js';

/**
 * File systems on which SQLite's locks or shared memory do not work between hosts, by their magic number (Linux, statfs(2)).
 * FUSE is refused as a whole: sshfs and the shares of Docker Desktop look alike from here.
 */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB 2'],
  [0x65735546, 'FUSE (sshfs, a desktop’s shared folder, …)'],
  [0x01021997, '9P'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x19830326, 'BeeGFS'],
]);

/** @throws TokenError `VaultUnsupported` where `path`, or the nearest folder above it that exists, is on a network file system. */
export async function refuseNetworkFileSystem(path: string): Promise<void> {
  // On other systems the number means something else.
  if (process.platform !== 'linux') return;
  const type = await fileSystemType(path);
  // Some kernels and builds return the number signed.
  const name = type === null ? undefined : networkFileSystems.get(type >>> 0);
  if (name) throw new TokenError('VaultUnsupported', `the vault ${path} is on a network file system: ${name}`);
}

/** The identity of the file at a path, whatever its name is later; null: none visible. Takes a few microseconds on a local disk. */
export function fileAt(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}

async function fileSystemType(path: string): Promise<number | null> {
  try {
    return (await statfs(path)).type;
  } catch (error) {
    const above = dirname(path);
    if (systemCodeOf(error) === 'ENOENT' && above !== path) return await fileSystemType(above);
    // The open that follows reports any other problem with the path better.
    return null;
  }
}
