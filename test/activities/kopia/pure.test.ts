import { describe, expect, it } from 'vitest';
import { instant, isoWeek } from '../../../activities/kopia/calendar.ts';
import { buildKopiaConfig, folderStorage } from '../../../activities/kopia/config.ts';
import { estimateProgress, parseTransferSample } from '../../../activities/kopia/progress.ts';
import { redact, stripTerminalCodes } from '../../../activities/kopia/redaction.ts';

describe('configuration', () => {
  it('keeps the format cache off, group modes on, and no size of a cache at 0', () => {
    const request = {
      identity: { username: 'app-src', hostname: 'demo' },
      storage: folderStorage('/repository'),
      readOnly: true,
    };
    const config = JSON.parse(buildKopiaConfig({ ...request, cacheDirectory: '/cache/1', cacheSize: { bytes: 100 } }));
    expect(config).toMatchObject({
      formatBlobCacheDuration: -1,
      readonly: true,
      hostname: 'demo',
      username: 'app-src',
    });
    expect(config.storage.config).toEqual({ path: '/repository', fileMode: 0o660, dirMode: 0o770 });
    expect(config.caching.maxCacheSize).toBeGreaterThan(0);
    expect(config.caching.maxMetadataCacheSize).toBeGreaterThan(0);
    expect(JSON.parse(buildKopiaConfig({ ...request, readOnly: false }))).not.toHaveProperty('readonly');
  });
});

describe('the sizes of a cache', () => {
  const sizes = (cacheSize: { bytes: number; contentBytes?: number; metadataBytes?: number }): number[] => {
    const request = {
      identity: { username: 'a', hostname: 'b' },
      storage: folderStorage('/r'),
      readOnly: true,
      cacheDirectory: '/c',
    };
    const { caching } = JSON.parse(buildKopiaConfig({ ...request, cacheSize }));
    return [caching.maxCacheSize, caching.maxMetadataCacheSize];
  };
  const mib = 2 ** 20;

  it('are shares of the volume, or what was declared; 0 is the whole volume', () => {
    expect(sizes({ bytes: 100 * mib })).toEqual([20 * mib, 70 * mib]);
    expect(sizes({ bytes: 100 * mib, contentBytes: 5 * mib })).toEqual([5 * mib, 70 * mib]);
    expect(sizes({ bytes: 100 * mib, contentBytes: 0, metadataBytes: 9 * mib })).toEqual([100 * mib, 9 * mib]);
  });
});

describe('progress', () => {
  const page = [
    '# TYPE kopia_content_hashed_bytes_total counter',
    'kopia_content_hashed_bytes_total 5.99097502e+08',
    'kopia_content_hashed_duration_nanos_total 8e+08',
    'kopia_blob_upload_bytes_total{storage="a b"} 100',
    'kopia_blob_upload_bytes_total{storage="c"} 20',
    'kopia_content_read_bytes_total 7',
  ].join('\n');

  it('reads bytes of a backup and of a restore, over all label sets', () => {
    expect(parseTransferSample(page, 'backup', 5)).toEqual({ at: 5, bytesDone: 599_097_502, bytesUploaded: 120 });
    expect(parseTransferSample(page, 'restore', 5)).toEqual({ at: 5, bytesDone: 7, bytesUploaded: 0 });
    expect(parseTransferSample('<html>', 'backup', 5)).toBeUndefined();
  });

  it('estimates rate, percent and time left, and never says 100', () => {
    const samples = [0, 1000, 2000].map((at) => ({ at, bytesDone: at * 100, bytesUploaded: at }));
    expect(estimateProgress(samples, 'backup', 1_000_000)).toEqual({
      bytesDone: 200_000,
      bytesUploaded: 2000,
      bytesTotal: 1_000_000,
      bytesPerSecond: 100_000,
      percent: 20,
      secondsLeft: 8,
    });
    expect(estimateProgress(samples, 'restore', 1000)).toMatchObject({ percent: 99, secondsLeft: 0 });
    expect(estimateProgress([], 'restore', undefined)).toEqual({});
    expect(estimateProgress(samples.slice(0, 1), 'restore', 0)).toEqual({ bytesDone: 0, bytesTotal: 0 });
    const stalled = [...samples, ...[10, 20, 30].map((s) => ({ at: s * 1000, bytesDone: 200_000, bytesUploaded: 0 }))];
    expect(estimateProgress(stalled, 'restore', 1_000_000)).toMatchObject({ bytesPerSecond: 0 });
    expect(estimateProgress(stalled, 'restore', 1_000_000)).not.toHaveProperty('secondsLeft');
  });
});

describe('redaction', () => {
  it.each([
    ['--password=hunter22 rest', 'hunter22'],
    ['KOPIA_PASSWORD=hunter22', 'hunter22'],
    ['{"secretAccessKey":"hunter22"}', 'hunter22'],
    ['https://user:hunter22@host/x', 'hunter22'],
    ['Authorization: Basic aHVudGVyMjI=', 'aHVudGVyMjI='],
    ['said hunter22 in clear', 'hunter22'],
    ['in base64 aHVudGVyMjI=', 'aHVudGVyMjI'],
  ])('%s', (text, secret) => {
    expect(redact(text, ['hunter22'])).not.toContain(secret);
    expect(redact(text, ['hunter22'])).toContain('[redacted]');
  });

  it("leaves Kopia's own words alone", () => {
    const text = 'open repository: invalid repository password';
    expect(redact(text, ['hunter22'])).toBe(text);
    expect(stripTerminalCodes('\u001b[31mERROR\u001b[0m x\u001b]0;title\u0007y')).toBe('ERROR xy');
  });
});

describe('calendar', () => {
  it('knows ISO weeks at the edges of years, and instants to the nanosecond', () => {
    expect(isoWeek(Date.parse('2027-01-01T00:00:00Z'))).toEqual({ year: 2026, week: 53 });
    expect(isoWeek(Date.parse('2024-12-30T00:00:00Z'))).toEqual({ year: 2025, week: 1 });
    expect(instant('2026-11-23T12:00:00.000000001Z') - instant('2026-11-23T13:00:00+01:00')).toBe(1n);
    expect(() => instant('yesterday')).toThrow(RangeError);
  });
});
