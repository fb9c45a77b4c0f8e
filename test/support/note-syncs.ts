import { open, type FileHandle } from 'node:fs/promises';
import { onTestFinished, vi } from 'vitest';

/** Notes every fsync of this process until the end of the test. @param folder - any that can be opened */
export async function noteSyncs(folder: string, into: string[]): Promise<void> {
  const probe = await open(folder, 'r');
  const handles = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  const { sync } = handles;
  const spy = vi.spyOn(handles, 'sync').mockImplementation(async function (this: FileHandle) {
    into.push((await this.stat()).isDirectory() ? 'sync folder' : 'sync file');
    return sync.call(this);
  });
  onTestFinished(() => spy.mockRestore());
}
