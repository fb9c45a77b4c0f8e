import { expect, it } from 'vitest';
import { inOurWords } from '../../src/sinks/file-errors.js';
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
