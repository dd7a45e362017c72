import { expect, it } from 'vitest';
import { buildStorageClass, buildStorageManifests, storageNames } from '../../platform/csi/manifests.ts';
import { parseParameters } from '../../platform/csi/parameters.ts';

const manifests = buildStorageManifests('csi.test');
const classes = manifests.filter(({ kind }) => kind === 'StorageClass');

it('every class belongs to the driver and has parameters that it takes', () => {
  expect(classes.map(({ metadata }) => metadata.name).sort()).toEqual([
    'stowage',
    'stowage-limited',
    'stowage-shared',
    'stowage-wait',
  ]);
  for (const storageClass of classes) {
    expect(storageClass.provisioner).toBe('csi.test');
    expect(() => parseParameters((storageClass.parameters ?? {}) as Record<string, string>)).not.toThrow();
  }
});

it('exactly one class of each kind is the default', () => {
  const annotated = manifests.filter(({ metadata }) => Object.values(metadata.annotations ?? {}).includes('true'));
  expect(annotated.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
    'StorageClass/stowage',
    'VolumeSnapshotClass/stowage',
  ]);
});

it('only the class for caches waits for its pod', () => {
  const waiting = classes.filter(({ volumeBindingMode }) => volumeBindingMode === 'WaitForFirstConsumer');
  expect(waiting.map(({ metadata }) => metadata.name)).toEqual([storageNames.cacheStorageClass]);
});

it('the kubelet never rewrites owners and modes of a volume', () => {
  const driver = manifests.find(({ kind }) => kind === 'CSIDriver');
  expect(driver?.spec).toMatchObject({ fsGroupPolicy: 'None', attachRequired: false });
});

it('a test can have its own full repository', () => {
  const full = buildStorageClass({
    name: 'full',
    driverName: 'csi.test',
    limited: true,
    shared: 'full',
    rootMode: '2777',
  });
  expect(parseParameters(full.parameters as Record<string, string>)).toMatchObject({
    medium: 'limited',
    shared: 'full',
    rootMode: 0o2777,
  });
});
