import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** Compares text with test/cli/<name>.golden; STOWAGE_UPDATE_GOLDEN=1 writes it anew, for a person to read and commit. */
export async function expectGolden(name: string, text: string): Promise<void> {
  const file = fileURLToPath(new URL(`./${name}.golden`, import.meta.url));
  const actual = text.endsWith('\n') ? text : `${text}\n`;
  if (process.env.STOWAGE_UPDATE_GOLDEN) await writeFile(file, actual);
  expect(actual).toBe(await readFile(file, 'utf8'));
}
