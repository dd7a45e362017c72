#!/usr/bin/env node
// The one entry for a fresh checkout: installs the locked dependencies, builds, then runs the asked-for program.
// Plain JavaScript and Node's own modules only, because nothing else is there yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const programs = {
  demo: ['dist/demo/main.js'],
  bench: ['dist/bench/main.js'],
  platform: ['dist/platform/main.js'],
  stowage: ['dist/cli/main.js'],
  test: ['test/run.mjs'],
  'test:fast': ['test/run.mjs', '--fast'],
};

const [name, ...args] = process.argv.slice(2);
const program = programs[name];
if (!program) {
  console.error(`setup: unknown program '${name ?? ''}': expected one of ${Object.keys(programs).join(', ')}`);
  process.exit(2);
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`setup: Node ${process.versions.node} is too old: Stowage needs 20.19 or newer`);
  process.exit(2);
}

/** Runs one step; its output goes to stderr, so that `--json` of the program stays clean on stdout. */
function step(label, command, commandArgs) {
  const started = Date.now();
  process.stderr.write(`setup: ${label}\n`);
  const done = spawnSync(command, commandArgs, { cwd: root, stdio: ['ignore', 2, 2] });
  if (done.status !== 0) {
    console.error(`setup: ${label} failed (${done.error?.message ?? `exit ${done.status}`})`);
    process.exit(1);
  }
  process.stderr.write(`setup: ${label} done in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const stamp = join(root, 'node_modules', '.stowage-lock');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  // Not `npm ci`: it refuses a lock file without the binaries for other systems, which not every registry mirror serves.
  // With --no-save the lock file decides all the same, and stays as it is.
  step('installing locked npm packages', 'npm', [
    'install',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  writeFileSync(stamp, lock);
}
if (!process.env.STOWAGE_SKIP_BUILD) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  step('building', process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    '--project',
    'tsconfig.build.json',
  ]);
}
const run = spawnSync(process.execPath, [...program.map((part, i) => (i === 0 ? join(root, part) : part)), ...args], {
  cwd: process.cwd(),
  stdio: 'inherit',
});
process.exit(run.status ?? 1);
