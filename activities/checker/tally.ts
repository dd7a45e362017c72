import type { Comparison } from '../../workflows/restore/contract.ts';
import type { EntryKind, SnapshotEntry } from './snapshot-tree.ts';

/** How many examples of each kind are named. */
const MAX_EXAMPLES = 10;

/** Longest example, characters. */
const MAX_EXAMPLE_LENGTH = 300;

type Kind = 'mismatches' | 'owners' | 'modes' | 'times';

/** Counts as the walk goes on; keeps numbers and a few examples, never a list of files. */
export class Tally {
  private readonly expected = { file: 0, directory: 1, symlink: 0 };
  private readonly found = { file: 0, directory: 1, symlink: 0 };
  private readonly bytes = { expected: 0, found: 0 };
  private contents = 0;
  private readonly deviations: Record<Kind, { count: number; examples: string[] }> = {
    mismatches: { count: 0, examples: [] },
    owners: { count: 0, examples: [] },
    modes: { count: 0, examples: [] },
    times: { count: 0, examples: [] },
  };

  /** An entry of the snapshot whose own children are walked or that has none. */
  expect(entry: SnapshotEntry): void {
    this.expected[entry.kind]++;
    if (entry.kind === 'file') this.bytes.expected += entry.size;
  }

  /** An entry with all that lies below it, where the walk doesn't go on. */
  expectWhole(entry: SnapshotEntry): void {
    if (!entry.below) {
      this.expect(entry);
      return;
    }
    this.expected.file += entry.below.files;
    this.expected.directory += entry.below.directories;
    this.expected.symlink += entry.below.symlinks;
    this.bytes.expected += entry.below.bytes;
  }

  meet(kind: EntryKind, bytes: number): void {
    this.found[kind]++;
    if (kind === 'file') this.bytes.found += bytes;
  }

  compared(): void {
    this.contents++;
  }

  deviate(kind: Kind, path: string, what: string): void {
    const deviation = this.deviations[kind];
    deviation.count++;
    if (deviation.examples.length < MAX_EXAMPLES)
      deviation.examples.push(shorten(`${printable(path)}: ${printable(what)}`));
  }

  result(): Comparison {
    return {
      filesExpected: this.expected.file,
      filesFound: this.found.file,
      directoriesExpected: this.expected.directory,
      directoriesFound: this.found.directory,
      symlinksExpected: this.expected.symlink,
      symlinksFound: this.found.symlink,
      bytesExpected: this.bytes.expected,
      bytesFound: this.bytes.found,
      contentsCompared: this.contents,
      ...this.deviations,
    };
  }
}

/** Names may hold anything: what a terminal would obey or a person could not see is written as an escape. */
export const printable = (text: string): string =>
  text.replace(/[\p{C}\p{Zl}\p{Zp}\\]/gu, (character) =>
    character === '\\' ? '\\\\' : `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );

const shorten = (text: string): string =>
  text.length <= MAX_EXAMPLE_LENGTH
    ? text
    : `${text.slice(0, MAX_EXAMPLE_LENGTH / 2)}…${text.slice(-MAX_EXAMPLE_LENGTH / 2)}`;
