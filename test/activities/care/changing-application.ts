import { createCipheriv, createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Identity } from '../../../api/identity.ts';
import { type Seeded, seeded } from '../../system/seeded.ts';

/** Path to what stands there: kind, mode, time and content in one text. */
export type Tree = ReadonlyMap<string, string>;

export interface ApplicationOptions {
  readonly name: string;
  readonly seed: number;
  /** Folder that is made for it. */
  readonly folder: string;
  /** Number and bytes of the files that rarely change. */
  readonly base: { readonly files: number; readonly bytes: number };
}

/** An application's volume that grows, shrinks and is rewritten as its seed says. */
export class ChangingApplication {
  readonly identity: Identity;
  readonly folder: string;
  private readonly random: Seeded;
  private readonly small: string[] = [];
  private readonly base: { readonly files: number; readonly bytes: number };
  private written = 0;

  constructor({ name, seed, folder, base }: ApplicationOptions) {
    this.identity = { username: `${name}-src`, hostname: 'demo', path: '/data' };
    this.folder = folder;
    this.base = base;
    this.random = seeded(seed);
    mkdirSync(join(folder, 'logs', 'deep'), { recursive: true });
    for (let i = 0; i < base.files; i++) this.write(`base-${i}`, base.bytes);
    symlinkSync('base-0', join(folder, 'link'));
  }

  /** One hour's work: some files grow, appear, are rewritten or go; a base file is rewritten about once in four days. */
  work(): void {
    for (let change = this.random.below(4); change >= 0; change--) {
      const known = this.small.length > 0 ? this.random.pick(this.small) : undefined;
      const kind = this.random.below(8);
      if (!known || kind < 2) this.add();
      else if (kind < 4) appendFileSync(join(this.folder, known), this.noise(1 + this.random.below(900)));
      else if (kind < 6) this.write(known, 1 + this.random.below(4_000));
      else if (kind === 6) chmodSync(join(this.folder, known), this.random.pick([0o600, 0o640, 0o644]));
      else this.drop(known);
    }
    if (this.random.below(100) === 0) this.write(`base-${this.random.below(this.base.files)}`, this.base.bytes);
  }

  private add(): void {
    const name = join(this.random.pick(['', 'logs', 'logs/deep']), `small-${this.written}`);
    this.write(name, this.random.below(4_000));
    this.small.push(name);
  }

  private drop(name: string): void {
    rmSync(join(this.folder, name));
    this.small.splice(this.small.indexOf(name), 1);
  }

  private write(name: string, bytes: number): void {
    writeFileSync(join(this.folder, name), this.noise(bytes));
  }

  /** Bytes that no compressor makes smaller, and the same ones for the same seed. */
  private noise(bytes: number): Buffer {
    this.written++;
    const key = createHash('sha256').update(`${this.identity.username}/${this.written}/${this.random.below(2 ** 31)}`);
    return createCipheriv('aes-256-ctr', key.digest(), Buffer.alloc(16)).update(Buffer.alloc(bytes));
  }
}

/**
 * Everything below a folder. Times of folders and links are left out: Kopia restores those otherwise (compare-tree.ts).
 * `known` spares reading a file again whose time and size are the same.
 */
export function treeOf(folder: string, known = new Map<string, string>()): Tree {
  const tree = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const stats = lstatSync(path, { bigint: true });
    const mode = (stats.mode & 0o7777n).toString(8);
    const version = `${path} ${stats.mtimeNs} ${stats.size}`;
    const what = entry.isSymbolicLink()
      ? `link ${readlinkSync(path)}`
      : entry.isDirectory()
        ? `folder ${mode}`
        : `file ${mode} ${stats.mtimeNs} ${known.get(version) ?? remember(known, version, path)}`;
    tree.set(path.slice(folder.length + 1), what);
  }
  return tree;
}

function remember(known: Map<string, string>, version: string, path: string): string {
  const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
  known.set(version, hash);
  return hash;
}
