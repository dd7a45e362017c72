import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FailureType } from '../../workflows/failures.ts';
import { PortError } from '../ports/port-error.ts';

/** Name of the blob that makes a folder a Kopia repository. */
export const FORMAT_FILE = 'kopia.repository.f';

/** The plain part of a filesystem repository's format file. The unique id salts the password's key, so it can't be exchanged unseen. */
export interface FormatFile {
  /** Hexadecimal, as `kopia repository status --json` names it. */
  readonly uniqueId: string;
  /** Changes with the password and with the format. */
  readonly fingerprint: string;
}

const Format = z.object({ uniqueID: z.base64().min(1) });

/** What an empty mount may hold anyway. */
const NOTHING = new Set(['lost+found']);

/**
 * Reads the file anew on each call: nothing may remember what is mounted (faults.md M1). Throws RepositoryNotFound,
 * RepositoryCorrupt, RepositoryUnreachable.
 */
export async function readFormatFile(path: string): Promise<FormatFile> {
  let bytes: Buffer;
  try {
    bytes = await readFile(join(path, FORMAT_FILE));
  } catch (cause) {
    throw await unreadable(path, cause as NodeJS.ErrnoException);
  }
  const format = Format.safeParse(parseJson(bytes.toString('utf8')));
  if (!format.success) {
    throw new PortError(FailureType.RepositoryCorrupt, `${FORMAT_FILE} in '${path}' is not a Kopia format file`);
  }
  return {
    uniqueId: Buffer.from(format.data.uniqueID, 'base64').toString('hex'),
    fingerprint: createHash('sha256').update(bytes).digest('hex'),
  };
}

/** Names in the repository's folder, without what a fresh file system brings. Throws RepositoryNotFound, RepositoryUnreachable. */
export async function listRepositoryFolder(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).filter((name) => !NOTHING.has(name));
  } catch (cause) {
    throw unreachable(path, cause as NodeJS.ErrnoException);
  }
}

async function unreadable(path: string, cause: NodeJS.ErrnoException): Promise<PortError> {
  if (cause.code !== 'ENOENT') return unreachable(path, cause);
  const names = await listRepositoryFolder(path).catch((error: unknown) => error as PortError);
  if (names instanceof PortError) return names;
  const found = names.length === 0 ? 'it is empty' : `it holds ${names.length} other entries`;
  return new PortError(FailureType.RepositoryNotFound, `there is no repository in '${path}': ${found}`, { cause });
}

function unreachable(path: string, cause: NodeJS.ErrnoException): PortError {
  switch (cause.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new PortError(FailureType.RepositoryNotFound, `the repository's folder '${path}' does not exist`, {
        cause,
      });
    case 'EACCES':
    case 'EPERM':
      return new PortError(
        FailureType.RepositoryUnreachable,
        `the repository in '${path}' may not be read by this user: give the volume and the worker one common group (fsGroup)`,
        { cause, retryable: false },
      );
    default:
      return new PortError(
        FailureType.RepositoryUnreachable,
        `the repository in '${path}' can't be read: ${cause.code}`,
        {
          cause,
        },
      );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
