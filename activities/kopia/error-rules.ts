import { FailureType } from '../../workflows/failures.ts';

export type KopiaOperation = 'backup' | 'restore' | 'repository';

export interface ErrorRule {
  readonly pattern: RegExp;
  readonly type: FailureType;
  readonly sentence: string;
  readonly retryable?: boolean;
  readonly only?: KopiaOperation;
}

/**
 * The one table from Kopia's error texts to failures; the first match wins. Patterns are bound to the end of a line
 * wherever Kopia ends it with the cause, so that a file's name can't pose as one. Texts of 0.21.1: see
 * test/fixtures/kopia/0.21.1.
 */
export const ERROR_RULES: readonly ErrorRule[] = [
  {
    pattern: /(^|: )invalid repository password$/i,
    type: FailureType.WrongPassword,
    sentence: 'the password does not open this repository',
  },
  {
    pattern:
      /repository not initialized in the provided storage|format blob not found|error getting kopia\.repository blob: BLOB not found$|cannot access storage path: .*no such file or directory$/i,
    type: FailureType.RepositoryNotFound,
    sentence:
      'there is no Kopia repository at this place; the volume may not be mounted, or bucket, prefix or access key may be others',
  },
  {
    pattern: /bucket does not exist\.?$|NoSuchBucket/i,
    type: FailureType.RepositoryNotFound,
    sentence: 'there is no such bucket: nothing makes one but its owner',
  },
  {
    pattern:
      /(access denied|signature we calculated does not match the signature you provided.*|access key id you provided does not exist in our records|no user exists with the provided access key id|provided token (has expired|is malformed).*|: 40[13]( unauthorized| forbidden)?)\.?$/i,
    type: FailureType.RepositoryUnreachable,
    sentence: 'the object store refuses these credentials: correct the keys in the Secret, or the rights they have',
    retryable: false,
  },
  {
    pattern: /server gave HTTP response to HTTPS client$/i,
    type: FailureType.RepositoryUnreachable,
    sentence: 'the object store speaks no TLS: set KOPIA_S3_DISABLE_TLS to true in the Secret if that is meant',
    retryable: false,
  },
  {
    pattern:
      /(certificate signed by unknown authority|certificate is (valid|not valid) .*|certificate has expired.*)$/i,
    type: FailureType.RepositoryUnreachable,
    sentence: "the object store's certificate is not trusted",
    retryable: false,
  },
  {
    pattern: /(reduce your request rate|service unavailable|slow ?down|server is busy)\.?$/i,
    type: FailureType.RepositoryUnreachable,
    sentence: 'the object store is overloaded',
  },
  {
    pattern: /repository already initialized|found existing data in storage location/i,
    type: FailureType.RepositoryExists,
    sentence: 'a repository or other data is there already',
  },
  {
    pattern: /repository is not connected|not connected to a repository|storage not set in the configuration file/i,
    type: FailureType.MoverFailed,
    sentence: "Kopia's configuration file is missing or empty",
    retryable: false,
  },
  {
    pattern:
      /repository upgrade in progress|error acquiring maintenance lock(?!.*read-only file system$)|resource temporarily unavailable$/i,
    type: FailureType.RepositoryLocked,
    sentence: 'another user of the repository holds it',
  },
  {
    pattern: /clock skew detected: /i,
    type: FailureType.ClockSkew,
    sentence: 'the clock of the mover and that of the repository are apart',
  },
  {
    pattern: /maintenance must be run by designated user: /i,
    type: FailureType.RepositoryLocked,
    sentence: 'somebody else took the maintenance over while it began',
  },
  {
    pattern: /(no space left on device|disk quota exceeded)$/i,
    type: FailureType.MoverFailed,
    sentence: 'the volume that is being restored into is full: restore into a larger claim',
    retryable: false,
    only: 'restore',
  },
  {
    pattern: /(no space left on device|disk quota exceeded|not enough free space.*)$/i,
    type: FailureType.RepositoryFull,
    sentence: 'the repository volume is full',
  },
  {
    pattern: /unable to open object: ([0-9a-f]{32}): content \1 not found/i,
    type: FailureType.SnapshotNotFound,
    sentence: 'the repository holds no such snapshot',
  },
  {
    pattern:
      /BLOB not found|content .*not found|object not found|invalid (blob|checksum|content|format)|checksum mismatch|message authentication failed|unable to decrypt|unable to decode|decompression error|error parsing sharding parameters|possible corruption|corrupt/i,
    type: FailureType.RepositoryCorrupt,
    sentence: 'data of the repository is missing or damaged',
  },
  {
    pattern:
      /(connection (refused|reset by peer|timed out)|no such host|no route to host|network is unreachable|i\/o timeout|TLS handshake timeout|stale (NFS )?file handle|input\/output error|transport endpoint is not connected|host is down|context deadline exceeded|unexpected EOF)$/i,
    type: FailureType.RepositoryUnreachable,
    sentence: 'the repository cannot be reached',
  },
  {
    pattern:
      /snapshot not found|no snapshot manifest|no snapshots contain data|unable to (find|load|open|get) (the )?snapshot|invalid (snapshot|object|manifest) ID|unable to get filesystem entry.*not found/i,
    type: FailureType.SnapshotNotFound,
    sentence: 'the repository holds no such snapshot',
  },
  {
    pattern: /Found \d+ fatal error\(s\) while snapshotting|ignored error|failed to (read|upload) some/i,
    type: FailureType.SnapshotIncomplete,
    sentence: 'some files could not be read',
  },
  {
    pattern: /read-only file system$|storage is read-only/i,
    type: FailureType.RepositoryUnreachable,
    sentence: 'a volume that has to be written is read-only',
    retryable: false,
  },
  {
    pattern: /^upload error: permission denied$/i,
    type: FailureType.SnapshotIncomplete,
    sentence: 'the top folder of the volume cannot be read by the mover',
    only: 'backup',
  },
  {
    pattern: /(permission denied|operation not permitted)$/i,
    type: FailureType.RepositoryUnreachable,
    sentence: "Kopia's user may not use these files: give the repository volume and Kopia one common group (fsGroup)",
    retryable: false,
  },
  {
    pattern: /cannot allocate memory|out of memory/i,
    type: FailureType.OutOfMemory,
    sentence: 'Kopia ran out of memory',
  },
];
