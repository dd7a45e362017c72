import type { CliContext, CommandOutcome } from '../context.ts';
import { type DeclaredManifest, labelOf } from '../declared-objects.ts';
import { CommandError } from '../errors.ts';
import { ExitCode } from '../exit-codes.ts';

/** What became of each object, as `Kind namespace/name`. */
export interface Changes {
  readonly changed: readonly string[];
  /** Gone meanwhile, or refused by the cluster. */
  readonly failed: readonly { readonly object: string; readonly why: string }[];
}

/** Changes objects one after the other; one that fails does not stop the others. */
export async function changeEach(
  entries: readonly { readonly manifest: DeclaredManifest }[],
  change: (manifest: DeclaredManifest) => Promise<boolean>,
): Promise<Changes> {
  const changed: string[] = [];
  const failed: { object: string; why: string }[] = [];
  for (const { manifest } of entries) {
    const object = `${manifest.kind} ${labelOf(manifest)}`;
    try {
      if (await change(manifest)) changed.push(object);
      else failed.push({ object, why: 'it is not there any more' });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      failed.push({ object, why: error.message });
    }
  }
  return { changed, failed };
}

/** `Untold`: nobody was there to be asked. */
export type Word = 'Yes' | 'No' | 'Untold';

/** Whether a person said so: by the flag, or at the terminal after having seen what it is about. */
export async function askFor(
  { config, confirm, output }: CliContext,
  yes: boolean | undefined,
  question: string,
  shown: string,
): Promise<Word> {
  if (yes) return 'Yes';
  if (config.json || !confirm) return 'Untold';
  output.note(shown);
  return (await confirm(question)) ? 'Yes' : 'No';
}

/** A command that was not told to do what it showed. */
export const untold = (word: Exclude<Word, 'Yes'>, json: unknown, shown: string): CommandOutcome => ({
  json,
  text: word === 'No' ? 'Nothing was changed.' : shown,
  exitCode: ExitCode.Differences,
});
