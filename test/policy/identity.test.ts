import { describe, expect, it } from 'vitest';
import { resolveBackup } from '../../api/backup-request.ts';
import { formatIdentity, hostnameOf, usernameOf } from '../../api/identity.ts';

// The rows are the rules of compatibility.md section 3: existing repositories are found only when these hold exactly.
describe('identity', () => {
  it.each([
    ['app-src', 'app-src'],
    ['my.app', 'myapp'],
    ['-app_1-', 'app_1'],
    ['...', 'volsync-default'],
    ['x'.repeat(60), 'x'.repeat(50)],
  ])('user name of the source %s is %s', (source, username) => {
    expect(usernameOf(source)).toBe(username);
  });

  it.each([
    ['default', 'app', 'default'],
    ['my_space', 'app', 'my-space'],
    ['team.one', 'app', 'team.one'],
    ['---', 'app', 'app'],
    ['---', '---', 'volsync-default'],
  ])('host name of namespace %s with object %s is %s', (namespace, object, hostname) => {
    expect(hostnameOf(namespace, object)).toBe(hostname);
  });

  it('is complete without a word from the user, and takes explicit parts verbatim', () => {
    const volume = { namespace: 'demo', claim: 'emby-config' };
    expect(formatIdentity(resolveBackup(volume).identity)).toBe('emby-src@demo:/data');
    const explicit = { username: 'Me.2', hostname: 'home', path: '/mnt/x' };
    expect(formatIdentity(resolveBackup({ ...volume, identity: explicit }).identity)).toBe('Me.2@home:/mnt/x');
  });
});
