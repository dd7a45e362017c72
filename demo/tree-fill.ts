// Fills an application volume with everything that a backup tool may get wrong. Runs as root in the application's pod.
import { createCipheriv } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

const MIB = 2 ** 20;
/** Size of each of the larger files; enough of them make up the wanted size. */
const LARGE_FILE_BYTES = 8 * MIB;
const SPARSE_FILE_BYTES = 64 * MIB;

const ODD_NAMES = [
  'name with spaces',
  ' leading and trailing ',
  '-rf',
  '--option=value',
  'tab\tinside',
  'line\nbreak',
  'quote\'s and "more"',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a name that a shell would expand is the point
  '$(touch gotcha) `too` ${HOME}',
  'back\\slash',
  'ünïcödé 文件 🗄️',
  '.hidden',
  'star*?[a-z]',
  'n'.repeat(200),
];

/** The same bytes for the same label on every run, and not compressible. */
function noise(label: string, bytes: number): Buffer {
  const key = Buffer.alloc(16, label);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

function fill(root: string, totalMiB: number): void {
  const folder = (...parts: string[]): string => {
    const path = join(root, ...parts);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const file = (path: string, data: Buffer | string, mode: number, uid: number, gid: number): void => {
    writeFileSync(path, data);
    chownSync(path, uid, gid);
    chmodSync(path, mode);
  };

  const media = folder('media');
  for (let i = 0; i * LARGE_FILE_BYTES < totalMiB * MIB; i++) {
    file(join(media, `film-${String(i).padStart(3, '0')}.bin`), noise(`film${i}`, LARGE_FILE_BYTES), 0o644, 1000, 1000);
  }
  const deep = folder(...Array.from({ length: 12 }, (_, i) => `level-${i}`));
  file(join(deep, 'bottom.txt'), 'twelve folders down\n', 0o640, 1000, 1001);
  const small = folder('library', 'metadata');
  for (let i = 0; i < 1500; i++)
    file(join(small, `item-${i}.json`), `{"id":${i},"title":"Item ${i}"}\n`, 0o600, 1000, 1000);

  const odd = folder('odd names');
  for (const name of ODD_NAMES) file(join(odd, name), `contents of ${JSON.stringify(name)}\n`, 0o644, 1000, 1000);

  const links = folder('links');
  file(join(links, 'target.txt'), 'the target\n', 0o644, 1000, 1000);
  linkSync(join(links, 'target.txt'), join(links, 'hard-link.txt'));
  symlinkSync('target.txt', join(links, 'relative'));
  symlinkSync('/etc/passwd', join(links, 'absolute'));
  symlinkSync('nowhere/at/all', join(links, 'dangling'));
  symlinkSync('../media', join(links, 'to-folder'));
  lchownSync(join(links, 'relative'), 1003, 1004);

  const owned = folder('owners');
  file(join(owned, 'root-only'), 'secret of root\n', 0o600, 0, 0);
  file(join(owned, 'other-user'), 'of another user\n', 0o640, 1001, 1002);
  file(join(owned, 'nobody-may'), 'mode 0000\n', 0o000, 1000, 1000);
  file(join(owned, 'setuid'), '#!/bin/sh\n', 0o4755, 0, 0);
  file(join(owned, 'executable'), '#!/bin/sh\n', 0o755, 1000, 1000);
  chmodSync(folder('owners', 'sticky'), 0o1777);
  const closed = folder('owners', 'closed');
  file(join(closed, 'inside'), 'in a folder of mode 0700\n', 0o600, 1002, 1002);
  chownSync(closed, 1002, 1003);
  chmodSync(closed, 0o700);

  file(join(root, 'empty-file'), '', 0o644, 1000, 1000);
  folder('empty', 'folders', 'too');
  sparse(join(root, 'sparse.img'));
  for (const [name, seconds] of [
    ['from-1999', 915_148_800],
    ['from-2100', 4_102_444_800],
  ] as const) {
    file(join(root, name), `${name}\n`, 0o644, 1000, 1000);
    utimesSync(join(root, name), seconds, seconds + 0.123456);
  }
  // The application itself runs as uid 1000 and keeps its database here.
  chownSync(folder('database'), 1000, 1000);
}

/** 64 MiB of which only both ends are written. */
function sparse(path: string): void {
  const fd = openSync(path, 'w');
  ftruncateSync(fd, SPARSE_FILE_BYTES);
  writeSync(fd, 'head', 0);
  writeSync(fd, 'tail', SPARSE_FILE_BYTES - 4);
  closeSync(fd);
}

const [root, totalMiB = '200'] = process.argv.slice(2);
if (!root) throw new Error('usage: tree-fill.js FOLDER [MIB]');
// The application's pod runs it at each start: what is there is never touched.
if (existsSync(join(root, 'media'))) process.stdout.write('already installed\n');
else fill(root, Number(totalMiB));
