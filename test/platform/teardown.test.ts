import { expect, test } from 'vitest';
import { isPlatformProcess, namesFolder } from '../../platform/down/leftovers.ts';
import { parseCniResult } from '../../platform/down/sandboxes.ts';
import { isUnified, parseHierarchies } from '../../platform/host/cgroups.ts';
import { isBelow, parseMounts } from '../../platform/host/mounts.ts';

const folder = '/var/lib/stowage/dev';

test.each([
  [['/c/kubelet', '--kubeconfig=/var/lib/stowage/dev/kubeconfigs/kubelet'], true],
  [['/usr/bin/containerd-shim-runc-v2', '-address', '/var/lib/stowage/dev/containerd/containerd.sock'], true],
  [['/usr/bin/node', '/x/dist/platform/csi/main.js', '--socket', '/var/lib/stowage/dev/csi/csi.sock'], true],
  [['/c/csi-provisioner', '--csi-address=unix:///var/lib/stowage/dev/csi/csi.sock'], true],
  [['/c/kubelet', '--kubeconfig=/var/lib/stowage/dev2/kubeconfigs/kubelet'], false],
  [['/usr/bin/containerd-shim-runc-v2', '-address', '/run/containerd/containerd.sock'], false],
  [['/usr/bin/kubectl', '--kubeconfig=/var/lib/stowage/dev/kubeconfig', 'get', 'pods'], false],
  [['tail', '-f', '/var/lib/stowage/dev/logs/kubelet.log'], false],
])('of %j `down` ends only what is its own', (commandLine, ours) => {
  expect(isPlatformProcess(commandLine, folder)).toBe(ours);
});

test('a folder is recognised as a whole path, bare, after = and in a URL', () => {
  expect(namesFolder(`unix://${folder}/a.sock`, folder)).toBe(true);
  expect(namesFolder(`--a=${folder}`, folder)).toBe(true);
  expect(namesFolder(`${folder}lopment/x`, folder)).toBe(false);
  expect(isBelow(`${folder}-2/x`, folder)).toBe(false);
});

test('a CNI result tells network, sandbox and network namespaces; odd paths are never removed', () => {
  const text = JSON.stringify({
    networkName: 'stw-dev',
    containerId: 'abc',
    result: {
      interfaces: [
        { name: 'stwbr0' },
        { sandbox: '/var/run/netns/cni-1' },
        { sandbox: '/etc/passwd' },
        { sandbox: '/run/netns/../x' },
      ],
    },
  });
  expect(parseCniResult(text)).toEqual({ network: 'stw-dev', sandbox: 'abc', namespaces: ['/run/netns/cni-1'] });
  expect(parseCniResult('not json')).toEqual({});
});

test('mounts are read with escaped characters in their paths', () => {
  const line = '36 35 98:0 /mnt1 /mnt/with\\040space rw,noatime master:1 - ext4 /dev/root rw\n';
  expect(parseMounts(line)).toEqual([{ target: '/mnt/with space', type: 'ext4', source: '/dev/root', root: '/mnt1' }]);
});

test('only a machine with a v2 hierarchy alone counts as unified', () => {
  const v1 = 'cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0';
  const v2 = 'cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0';
  expect(isUnified(parseHierarchies(`${v1}\n${v2}\n`))).toBe(false);
  expect(isUnified(parseHierarchies(`tmpfs /tmp tmpfs rw 0 0\n${v2}\n`))).toBe(true);
  expect(isUnified(parseHierarchies(''))).toBe(false);
});
