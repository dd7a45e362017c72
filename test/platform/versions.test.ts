import { expect, test } from 'vitest';
import { toolVariable, versionMatches } from '../../platform/toolchain/find.ts';
import { isAtLeast, requiredGo } from '../../platform/toolchain/go.ts';

test.each([
  ['Kubernetes v1.36.1', 'v1.36.1'],
  ['Client Version: v1.36.1\nKustomize Version: v5.7.1', 'v1.36.1'],
  ['v0.21.1 build: -(unknown_revision) from: ', '0.21.1'],
  ['0.21.1 build: 1234 from: kopia/kopia', '0.21.1'],
  ['temporal version 0.0.0-DEV (Server 1.29.1, UI 2.42.1)', 'Server 1.29.1'],
  ['etcd Version: 3.6.6\nGit SHA: x', 'etcd Version: 3.6.6'],
])('%j is the wanted version %j', (answer, wanted) => {
  expect(versionMatches(answer, wanted)).toBe(true);
});

test.each([
  ['Kubernetes v1.36.10', 'v1.36.1'],
  ['Kubernetes v1.36.1-alpha.0', 'v1.36.1'],
  ['Kubernetes v1.36.1+k3s1', 'v1.36.1'],
  ['Kubernetes v1.35.1', 'v1.36.1'],
  ['v10.21.1', '0.21.1'],
  ['0.21.1.4', '0.21.1'],
  ['', '0.21.1'],
])('%j is not the wanted version %j', (answer, wanted) => {
  expect(versionMatches(answer, wanted)).toBe(false);
});

test('Go is new enough by number, not by text', () => {
  expect(isAtLeast('1.26.8', '1.26.8')).toBe(true);
  expect(isAtLeast('1.27', '1.26.8')).toBe(true);
  expect(isAtLeast('1.26.10', '1.26.8')).toBe(true);
  expect(isAtLeast('1.26', '1.26.8')).toBe(false);
  expect(isAtLeast('1.9', '1.26')).toBe(false);
});

test('the needed Go is the one of the module file', () => {
  expect(requiredGo('module a\n\ngo 1.26.8\n\ntool x\n')).toBe('1.26.8');
});

test('the variable of a tool follows from its name', () => {
  expect(toolVariable('kube-controller-manager')).toBe('STOWAGE_TOOL_KUBE_CONTROLLER_MANAGER');
});
