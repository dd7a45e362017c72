import { FailureType } from '../../workflows/failures.ts';
import { redact, stripTerminalCodes } from './redaction.ts';

/** What a failed Kopia said, in Stowage's words. `retryable` overrides the table of failures. */
export interface KopiaFailure {
  readonly type: FailureType;
  readonly message: string;
  readonly retryable?: boolean;
}

export type KopiaOperation = 'backup' | 'restore' | 'repository';

interface Rule {
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
const RULES: readonly Rule[] = [
  {
    pattern: /(^|: )invalid repository password$/i,
    type: FailureType.WrongPassword,
    sentence: 'the password does not open this repository',
  },
  {
    pattern:
      /repository not initialized in the provided storage|format blob not found|error getting kopia\.repository blob: BLOB not found$|cannot access storage path: .*no such file or directory$/i,
    type: FailureType.RepositoryNotFound,
    sentence: 'there is no Kopia repository at the path; it may not be mounted',
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

/** Of a long line its beginning (what Kopia did) and its end (why it failed). */
const QUOTE_HEAD = 120;
const QUOTE_TAIL = 260;

/**
 * Classifies what Kopia wrote before it failed. Only its last error line decides, then the one before; an unknown text
 * is MoverFailed and not retryable: a person should read it once rather than a machine repeat it.
 */
export function classifyKopiaError(
  log: string,
  options: { readonly operation?: KopiaOperation; readonly secrets?: readonly string[] } = {},
): KopiaFailure {
  const operation = options.operation ?? 'repository';
  const lines = errorLines(log);
  for (const line of [...lines].reverse()) {
    const rule = RULES.find(({ pattern, only }) => (only === undefined || only === operation) && pattern.test(line));
    if (!rule) continue;
    const { type, sentence, retryable } = rule;
    const message = `${sentence} (Kopia: ${quote(line, options.secrets)})`;
    return retryable === undefined ? { type, message } : { type, message, retryable };
  }
  const said = lines.at(-1);
  return {
    type: FailureType.MoverFailed,
    message: said ? `Kopia failed: ${quote(said, options.secrets)}` : 'Kopia failed and said nothing',
    retryable: false,
  };
}

/**
 * Tells from one line of a running Kopia that it cannot succeed any more and has to be stopped: on a full volume 0.21.1
 * says so after 11 s and then retries for minutes. Undefined for every other line.
 */
export function decisiveFailure(line: string, operation: KopiaOperation): KopiaFailure | undefined {
  if (!/(no space left on device|disk quota exceeded)$/i.test(stripTerminalCodes(line).trim())) return undefined;
  return classifyKopiaError(line, { operation });
}

/** Kopia's lines from its first error on (a long one goes on unmarked), without the level; all where none is marked. */
export function errorLines(log: string): string[] {
  const lines = stripTerminalCodes(log)
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.includes('"rootEntry"'))
    .map(level);
  const panic = lines.find(({ text }) => text.startsWith('panic: '));
  if (panic) return [panic.text];
  const first = lines.findIndex(({ error }) => error);
  return lines.slice(Math.max(0, first)).map(({ text }) => text);
}

function level(line: string): { readonly error: boolean; readonly text: string } {
  const plain = /^(?:kopia: )?(?:ERROR|FATAL|error):?\s+(.*)$/.exec(line);
  if (plain) return { error: true, text: plain[1]! };
  if (line.startsWith('panic: ')) return { error: true, text: line };
  const json = /^\{"l":"(\w+)".*"m":"((?:[^"\\]|\\.)*)"\}$/.exec(line);
  if (json) return { error: /error|fatal/i.test(json[1]!), text: JSON.parse(`"${json[2]}"`) as string };
  return { error: false, text: line };
}

function quote(line: string, secrets: readonly string[] = []): string {
  const text = redact(line, secrets);
  if (text.length <= QUOTE_HEAD + QUOTE_TAIL) return text;
  return `${text.slice(0, QUOTE_HEAD)} … ${text.slice(-QUOTE_TAIL)}`;
}
