import { expect, test } from 'vitest';
import { checkName, pathsOf, platformsRoot } from '../../platform/layout/paths.ts';

test('everything of a platform lies in its own folder', () => {
  const paths = pathsOf('demo', '/var/lib/stowage');
  expect(paths.directory).toBe('/var/lib/stowage/demo');
  for (const path of Object.values(paths))
    expect(path === paths.directory || path.startsWith(`${paths.directory}/`)).toBe(true);
});

test.each(['', '-a', 'a-', 'Demo', 'a/b', '..', 'a b', 'a'.repeat(21)])(
  'the name %j is refused with what is allowed',
  (name) => {
    expect(() => checkName(name)).toThrow(/a-z, 0-9/);
  },
);

test.each(['a', 'dev', 'test-2', 'a'.repeat(20)])('the name %j is taken', (name) => {
  expect(checkName(name)).toBe(name);
});

test('a folder in which unix sockets would be too long is refused before anything starts', () => {
  expect(() => pathsOf('dev', `/${'x'.repeat(80)}`)).toThrow(/STOWAGE_PLATFORM_ROOT/);
});

test('the folder of platforms can be chosen, absolutely only', () => {
  expect(platformsRoot({})).toBe('/var/lib/stowage');
  expect(platformsRoot({ STOWAGE_PLATFORM_ROOT: '/srv/p' })).toBe('/srv/p');
  expect(() => platformsRoot({ STOWAGE_PLATFORM_ROOT: 'here' })).toThrow(/absolute/);
});
