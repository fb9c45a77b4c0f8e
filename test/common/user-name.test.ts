import * as os from 'node:os';
import { afterEach, expect, it, vi } from 'vitest';
import { userName } from '../../src/common/user-name.js';

vi.mock('node:os', async (original) => ({ ...(await original<typeof os>()), userInfo: vi.fn() }));
afterEach(() => vi.mocked(os.userInfo).mockReset());

it('the user’s name is that of the system', () => {
  vi.mocked(os.userInfo).mockReturnValue({ username: 'ana' } as ReturnType<typeof os.userInfo>);
  expect(userName()).toBe('ana');
});

it('a user id without a name, as in a container, is shown as its number', () => {
  vi.mocked(os.userInfo).mockImplementation(() => {
    throw new Error('uv_os_get_passwd returned ENOENT');
  });
  expect(userName()).toBe(`uid ${process.getuid?.()}`);
});
