import { describe, expect, it } from 'vitest';
import type { BackupRequest } from '../../api/backup-request.ts';
import { UsageError } from '../../cli/errors.ts';
import { backupRequest, drillRequest, initRequest, restoreRequest, snapshotsRequest } from '../../cli/requests.ts';

const declared: BackupRequest = {
  namespace: 'demo',
  claim: 'app-config',
  source: 'special',
  secretName: 'own-secret',
  repositoryClaim: 'backups',
  identity: { username: 'emby' },
  retain: { daily: 30 },
  copyMethod: 'Clone',
};

describe('requests made from flags', () => {
  it('say no more than what was typed', () => {
    expect(backupRequest('app-config', { namespace: 'demo' })).toEqual({ namespace: 'demo', claim: 'app-config' });
    expect(restoreRequest('app-config', { namespace: 'demo' })).toEqual({ namespace: 'demo', claim: 'app-config' });
    expect(initRequest({ repository: 'kopia' })).toEqual({ repository: 'kopia' });
  });

  it('keep what is declared, retention included, where no flag says otherwise', () => {
    expect(
      backupRequest('app-config', { namespace: 'demo', copyMethod: 'Direct', approveRetention: true }, declared),
    ).toEqual({
      ...declared,
      copyMethod: 'Direct',
      approveRetention: true,
    });
  });

  it('carry each approval, and none that was not given', () => {
    const flags = { namespace: 'demo', approveShrink: true };
    expect(backupRequest('app-config', flags)).toEqual({
      namespace: 'demo',
      claim: 'app-config',
      approveShrink: true,
    });
  });

  it('take over for a restore which repository and identity are declared, and nothing that only a backup has', () => {
    expect(
      restoreRequest('app-config', { namespace: 'demo', previous: 0, accessMode: ['ReadWriteOnce'] }, declared),
    ).toEqual({
      namespace: 'demo',
      claim: 'app-config',
      source: 'special',
      secretName: 'own-secret',
      repositoryClaim: 'backups',
      identity: { username: 'emby' },
      snapshot: { previous: 0 },
      accessModes: ['ReadWriteOnce'],
    });
    expect(snapshotsRequest('app-config', { namespace: 'demo' }, declared)).toEqual({
      namespace: 'demo',
      claim: 'app-config',
      source: 'special',
      identity: { username: 'emby' },
    });
  });

  it('take over for a drill what a restore does, and the check that is declared unless another image is named', () => {
    const check = { image: 'sqlite', command: ['true'], timeoutSeconds: 30 };
    const ofDrill = (flags: object) => drillRequest('app-config', { namespace: 'demo', ...flags }, declared, check);
    const volume = restoreRequest('app-config', { namespace: 'demo' }, declared);
    expect(ofDrill({})).toEqual({ ...volume, check });
    expect(ofDrill({ checkTimeout: 5 })).toEqual({ ...volume, check: { ...check, timeoutSeconds: 5 } });
    expect(ofDrill({ checkImage: 'own', checkCommand: 'test -s /data/a' })).toEqual({
      ...volume,
      check: { image: 'own', command: ['sh', '-c', 'test -s /data/a'] },
    });
    expect(() => ofDrill({ checkImage: 'own' })).toThrow(/check\.command: must be a list of words/);
  });

  it('are refused with every wrong field named', () => {
    const flags = { namespace: 'Demo', snapshot: 'abc', asOf: 'yesterday', capacity: 'much' };
    expect(() => restoreRequest('app-config', flags)).toThrow(UsageError);
    expect(() => restoreRequest('app-config', flags)).toThrow(
      /namespace: .*\n.*snapshot\.id: .*\n.*snapshot\.asOf: [\s\S]*capacity: /,
    );
  });

  it('refuse an id together with a time', () => {
    const flags = { namespace: 'demo', snapshot: 'a'.repeat(32), previous: 1 };
    expect(() => restoreRequest('app-config', flags)).toThrow(/leave out asOf and previous/);
  });
});
