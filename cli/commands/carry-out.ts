import type { CliContext } from '../context.ts';
import { type DeclaredManifest, labelOf } from '../declared-objects.ts';
import { CommandError } from '../errors.ts';

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

/** Whether a person said so: by the flag, or at the terminal after having seen what it is about. */
export async function told(
  { config, confirm, output }: CliContext,
  yes: boolean | undefined,
  question: string,
  show: () => string,
): Promise<boolean> {
  if (yes) return true;
  if (config.json || !confirm) return false;
  output.note(show());
  return await confirm(question);
}
