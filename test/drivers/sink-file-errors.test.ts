import { renameSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { file } from '../../src/sinks/file.js';
import { testFingerprint } from '../contracts/fingerprint.js';
import { Folder, openSink, sinkDelivery, sinkDeps } from '../support/sink-files.js';
import { inOurWords, orNullIfMissing } from '../../src/sinks/file-errors.js';
import { TokenError } from '../../src/core/errors.js';

const failing = (errno: string) => () => Promise.reject(Object.assign(new Error('system'), { code: errno }));

it.each([
  { errno: 'ENOSPC', code: 'SinkUnavailable', remedy: /^make room on the disk/ },
  { errno: 'EDQUOT', code: 'SinkUnavailable', remedy: /raise the quota of the worker’s user/ },
  { errno: 'EROFS', code: 'SinkRefused', remedy: /^mount it writable/ },
  { errno: 'EACCES', code: 'SinkRefused', remedy: /^let the worker’s user write there/ },
  { errno: 'EPERM', code: 'SinkRefused', remedy: /^let the worker’s user write there/ },
  { errno: 'EBUSY', code: 'SinkUnavailable', remedy: /^mount the folder of the file/ },
  { errno: 'EIO', code: 'SinkUnavailable', remedy: /^check the disk or mount/ },
  { errno: 'EMFILE', code: 'SinkUnavailable', remedy: /^raise the limit of open files/ },
])('$errno on the way to a file is $code, with what helps against it', async ({ errno, code, remedy }) => {
  await expect(inOurWords('cannot write /run/token', failing(errno))).rejects.toMatchObject({
    code,
    message: `cannot write /run/token: ${errno}`,
    do: expect.stringMatching(remedy),
  });
});

it('any other system error keeps the remedy of its code', async () => {
  const { do: remedy } = new TokenError('SinkRefused', '');
  await expect(inOurWords('cannot write /run/token', failing('ELOOP'))).rejects.toMatchObject({ do: remedy });
});

it('an error that is none of the system is told without its words, which may hold a value', async () => {
  const odd = inOurWords('cannot write /run/token', () => Promise.reject(new Error('the-SECRET-value is odd')));
  await expect(odd).rejects.toMatchObject({ name: 'TokenError', message: expect.not.stringContaining('SECRET') });
});

it('what is missing is nothing, and what cannot be read is no such thing', async () => {
  expect(await orNullIfMissing(failing('ENOENT')())).toBeNull();
  await expect(orNullIfMissing(failing('EIO')())).rejects.toMatchObject({ code: 'EIO' });
});

it('a folder that is taken away while its file is written is tried again at once, and made again', async () => {
  await using folder = await Folder.make();
  const sink = await openSink(file, { root: 'run' }, sinkDeps(folder.path));
  await sink.write(sinkDelivery('production/a', 1, 'first'));
  let isAway = false;
  // The fingerprint of the new value is asked for between reading what stands there and replacing it.
  const fingerprint = (text: string) => {
    if (text === 'second' && !isAway) renameSync(folder.at('run'), folder.at('run.old'));
    isAway ||= text === 'second';
    return testFingerprint(text);
  };
  const write = () => sink.write(sinkDelivery('production/a', 2, 'second', {}, { fingerprint }));
  await expect(write()).rejects.toMatchObject({ code: 'SinkUnavailable', message: /its folder was taken away$/ });
  await write();
  expect(await readFile(folder.at('run', 'production/a'), 'utf8')).toBe('second');
});
