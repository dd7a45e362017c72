import { CareTask } from './kopia-repository.ts';
import type { RepositoryStatus } from './repository-status.ts';

const WORDS: Readonly<Record<CareTask, string>> = {
  quickMaintenance: 'quick maintenance',
  fullMaintenance: 'full maintenance',
  quickVerification: 'quick verification',
  deepVerification: 'deep verification',
};

export interface RepositoryHealth {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** What the last run of each task of care says of the repository (pure). */
export function repositoryHealth({ care = {} }: RepositoryStatus): RepositoryHealth {
  const tasks = Object.values(CareTask).filter((task) => care[task]?.lastResult !== undefined);
  const bad = tasks.filter((task) => care[task]?.lastResult === 'Failed');
  if (bad.length > 0) {
    const message = bad.map((task) => `${WORDS[task]}: ${care[task]?.message ?? 'failed'}`).join('; ');
    return { status: 'False', reason: firstWord(care[bad[0]!]?.message), message };
  }
  const good = tasks.filter((task) => care[task]?.lastTime !== undefined);
  if (good.length === 0)
    return { status: 'Unknown', reason: 'NotCaredForYet', message: 'no run of care has ended yet' };
  const message = good.map((task) => `${WORDS[task]} at ${care[task]?.lastTime}`).join('; ');
  return { status: 'True', reason: 'CaredFor', message };
}

/** The type at the beginning of a failure's text. */
function firstWord(text = ''): string {
  const [word = ''] = text.split(':', 1);
  return /^[A-Z][A-Za-z]+$/.test(word) ? word : 'Failed';
}
