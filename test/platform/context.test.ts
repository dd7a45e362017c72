import { expect, test } from 'vitest';
import { type ClusterFacts, judgeCluster } from '../../platform/context/requirements.ts';

const good: ClusterFacts = {
  version: 'v1.36.1',
  storageClasses: [{ name: 'fast', provisioner: 'csi.example', isDefault: true }],
  snapshotClasses: [{ name: 'snap', driver: 'csi.example' }],
  denied: [],
};
const missing = (facts: ClusterFacts): string =>
  judgeCluster(facts)
    .filter(({ ok }) => !ok)
    .map(({ text }) => text)
    .join('\n');

test('a cluster with a snapshot class for its storage class is usable', () => {
  expect(missing(good)).toBe('');
});

test('a cluster without snapshot CRDs says what to install', () => {
  expect(missing({ ...good, snapshotClasses: undefined })).toMatch(/external-snapshotter/);
});

test('a snapshot class of another driver does not count, and both drivers are named', () => {
  const text = missing({ ...good, snapshotClasses: [{ name: 'snap', driver: 'csi.other' }] });
  expect(text).toContain('csi.example');
  expect(text).toContain('snap (csi.other)');
});

test('a cluster without storage classes says so', () => {
  expect(missing({ ...good, storageClasses: [] })).toMatch(/no StorageClass/);
});

test('denied rights are listed by name', () => {
  const text = missing({
    ...good,
    denied: [{ group: 'snapshot.storage.k8s.io', resource: 'volumesnapshots', verb: 'create' }],
  });
  expect(text).toContain('create volumesnapshots.snapshot.storage.k8s.io');
});
