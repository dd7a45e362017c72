import { expect, test } from 'vitest';
import { type HostFacts, hostProblems, renderProblems } from '../../platform/host/preflight.ts';

const good: HostFacts = { platform: 'linux', isRoot: true, hasCgroups: true, missingPackages: [], canInstall: true };

test('a suitable machine has no problems, also when packages can be installed', () => {
  expect(hostProblems(good)).toEqual([]);
  expect(hostProblems({ ...good, missingPackages: ['runc'] })).toEqual([]);
});

test('every reason is told at once, with the way out', () => {
  const problems = hostProblems({
    ...good,
    isRoot: false,
    hasCgroups: false,
    missingPackages: ['runc'],
    canInstall: false,
  });
  expect(problems).toHaveLength(3);
  const message = renderProblems(problems);
  for (const part of ['root', 'cgroup', 'runc', '--context NAME', 'nothing was changed'])
    expect(message).toContain(part);
});

test('another operating system is the only thing said there', () => {
  const problems = hostProblems({ ...good, platform: 'darwin', isRoot: false, hasCgroups: false });
  expect(problems).toEqual(['this machine runs darwin, the embedded platform needs Linux']);
});

test('missing packages that only root may install are named', () => {
  expect(hostProblems({ ...good, isRoot: false, missingPackages: ['containerd'] }).join()).toContain('containerd');
});
