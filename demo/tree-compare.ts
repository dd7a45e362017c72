/** One entry of a tree: what a restore has to bring back. */
export interface EntryDigest {
  readonly path: string;
  readonly type: 'file' | 'folder' | 'link';
  /** Octal, with setuid, setgid and sticky. */
  readonly mode: string;
  readonly owner: string;
  /** Nanoseconds since 1970. */
  readonly modified: string;
  /** Size and SHA-256 of a file, target of a link. */
  readonly content: string;
  /** Blocks of 512 bytes that a file takes: a sparse file stays sparse. */
  readonly blocks?: number;
}

/** Reads what tree-digest prints; throws on a line that is not an entry. */
export function parseDigests(lines: Iterable<string>): EntryDigest[] {
  const entries: EntryDigest[] = [];
  for (const line of lines) if (line.trim()) entries.push(JSON.parse(line) as EntryDigest);
  if (entries.length === 0) throw new Error('the digest of the tree is empty: its Job printed nothing');
  return entries;
}

/** Every difference between two trees, each a sentence; empty when they are the same. */
export function compareTrees(before: readonly EntryDigest[], after: readonly EntryDigest[]): string[] {
  const found = new Map(after.map((entry) => [entry.path, entry]));
  const differences: string[] = [];
  for (const wanted of before) {
    const entry = found.get(wanted.path);
    found.delete(wanted.path);
    if (!entry) differences.push(`${show(wanted.path)} is missing`);
    else differences.push(...compareEntry(wanted, entry));
  }
  for (const path of found.keys()) differences.push(`${show(path)} was not there before`);
  return differences;
}

function compareEntry(wanted: EntryDigest, entry: EntryDigest): string[] {
  const fields = ['type', 'content', 'mode', 'owner'] as const;
  const different = fields
    .filter((field) => wanted[field] !== entry[field])
    .map((field) => `${show(wanted.path)}: ${field} was ${wanted[field]}, is ${entry[field]}`);
  if (sameTime(wanted, entry)) return different;
  return [...different, `${show(wanted.path)}: modified was ${wanted.modified}, is ${entry.modified}`];
}

/** Linux sets a link's own time to the microsecond, which is what Kopia uses; nanoseconds. */
const LINK_PRECISION = 1_000n;

/** A file's time comes back exactly. A folder gets the newest time below it: Kopia 0.21 keeps no other. */
function sameTime(wanted: EntryDigest, entry: EntryDigest): boolean {
  if (wanted.type === 'folder') return true;
  const difference = BigInt(wanted.modified) - BigInt(entry.modified);
  if (wanted.type === 'link') return difference < LINK_PRECISION && difference > -LINK_PRECISION;
  return difference === 0n;
}

const show = (path: string): string => JSON.stringify(path || '.');

/** "1,530 files, 25 folders, 4 links, 215 MB" of a tree. */
export function describeTree(entries: readonly EntryDigest[]): string {
  const count = (type: EntryDigest['type']): string =>
    entries.filter((e) => e.type === type).length.toLocaleString('en');
  const bytes = entries.reduce((sum, e) => sum + (e.type === 'file' ? Number.parseInt(e.content, 10) : 0), 0);
  return `${count('file')} files, ${count('folder')} folders, ${count('link')} links, ${(bytes / 1e6).toFixed(0)} MB`;
}
