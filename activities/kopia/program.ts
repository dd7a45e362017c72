import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { FailureType } from '../../workflows/failures.ts';
import { PortError } from '../ports/port-error.ts';

/** What the programs of our Jobs find in their environment: as a mover, and where Kopia is (default `kopia` on PATH). */
export const ProgramEnvironment = z.object({
  KOPIA_CONFIG_PATH: z.string().min(1, 'KOPIA_CONFIG_PATH is not set'),
  KOPIA_PASSWORD: z.string().min(1, 'KOPIA_PASSWORD is not set'),
  STOWAGE_KOPIA: z.string().default('kopia'),
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
});

/** Absolute path of a program that is named or lies on the search path; the name itself where it lies nowhere. */
export function resolveProgram(name: string, searchPath: string): string {
  if (isAbsolute(name)) return name;
  const candidates = searchPath.split(delimiter).map((folder) => join(folder, name));
  return candidates.find(isExecutable) ?? name;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Why a program of ours ended without its result, for its last line. `what` as in "the comparison could not be made". */
export function programFailure(error: unknown, what: string): { readonly type: string; readonly message: string } {
  if (error instanceof PortError) return { type: error.type, message: error.message };
  if (error instanceof z.ZodError) {
    return { type: FailureType.InvalidInput, message: error.issues.map((issue) => issue.message).join('; ') };
  }
  const { code, message } = error as NodeJS.ErrnoException;
  if (code?.startsWith('ERR_PARSE_ARGS')) return { type: FailureType.InvalidInput, message };
  return { type: FailureType.MoverFailed, message: `${what} could not be made: ${message}` };
}
