import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applicationName,
  backupJobName,
  cacheClaimName,
  captureName,
  defaultDestinationName,
  defaultSecretName,
  defaultSourceName,
  imageSnapshotName,
  limitName,
  restoreJobName,
  stagingClaimName,
  temporaryClaimName,
} from '../../api/names.ts';

const kubernetesName = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,120}[a-z0-9])?$/);

describe('derived names', () => {
  it('are the ones of the reference and of VolSync', () => {
    expect(applicationName('emby-config')).toBe('emby');
    expect(defaultSourceName('emby-config')).toBe('emby-src');
    expect(defaultDestinationName('emby-config')).toBe('emby-dst');
    expect(defaultSecretName('emby-config')).toBe('emby-volsync-secret');
    expect(cacheClaimName('emby-config')).toBe('kopia-cache-emby');
    expect(backupJobName('emby-src')).toBe('volsync-src-emby-src');
    expect(restoreJobName('emby-dst')).toBe('volsync-dst-emby-dst');
    expect(captureName('emby-src')).toBe('volsync-emby-src-src');
    expect(stagingClaimName('emby-dst')).toBe('stowage-emby-dst-staging');
    expect(temporaryClaimName('emby-dst')).toBe('volsync-emby-dst-dest');
    expect(imageSnapshotName('emby-dst', new Date('2026-11-25T09:05:07.9+02:00'))).toBe(
      'volsync-emby-dst-dest-20261125070507',
    );
  });

  it('keep a claim without the suffix as the application, and do not leave an empty name', () => {
    expect(applicationName('emby')).toBe('emby');
    expect(applicationName('-config')).toBe('-config');
  });

  it('never exceed what a label value may hold, and stay valid names', () => {
    fc.assert(
      fc.property(kubernetesName, (name) => {
        for (const derive of [backupJobName, restoreJobName, captureName, stagingClaimName, cacheClaimName]) {
          expect(derive(name).length).toBeLessThanOrEqual(63);
          expect(derive(name)).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
        }
      }),
    );
  });

  it('stay apart for long names that differ only at their end', () => {
    const head = 'a'.repeat(80);
    expect(limitName(`${head}-1`)).not.toBe(limitName(`${head}-2`));
    expect(limitName('short')).toBe('short');
  });
});
