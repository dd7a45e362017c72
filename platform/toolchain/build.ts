import { copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PlatformError } from '../errors.ts';
import { withLock } from '../host/lock.ts';
import { run, tryRun } from '../host/run.ts';
import { buildFlags, moduleDirectory } from './cache.ts';
import { isExecutable } from './find.ts';
import { type Log, renderDuration, withHeartbeat } from './progress.ts';
import type { ToolSet } from './sets.ts';

const goEnvironment = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local' };

/** True when every program and file of the set lies in its cache folder. */
export async function isBuilt(set: ToolSet, directory: string): Promise<boolean> {
  const programs = set.programs.map((program) => isExecutable(join(directory, 'bin', program.name)));
  const extras = set.extras.flatMap(({ into, files }) =>
    files.map((file) =>
      stat(join(directory, into, basename(file))).then(
        (found) => found.size > 0,
        () => false,
      ),
    ),
  );
  return (await Promise.all([...programs, ...extras])).every(Boolean);
}

/**
 * Builds a set into its cache folder: into a temporary sibling first, renamed at the end, so that an interrupted build leaves nothing half.
 * Only one process builds a set at a time; the others wait and take its result.
 * @param label what the progress lines begin with, for example `kubernetes (4 of 4)`.
 * @throws PlatformError with Go's own last lines.
 */
export async function buildSet(set: ToolSet, directory: string, label: string, log: Log): Promise<void> {
  await withLock(
    `build:${directory}`,
    async () => {
      if (await isBuilt(set, directory)) return;
      await mkdir(dirname(directory), { recursive: true });
      await removeAbandoned(directory);
      const temporary = `${directory}.building-${process.pid}`;
      try {
        await compile(set, join(temporary, 'bin'), label, log);
        await copyExtras(set, temporary);
        // Only a damaged folder can be in the way here: a complete one has returned above.
        await rm(directory, { recursive: true, force: true });
        await rename(temporary, directory);
      } finally {
        await rm(temporary, { recursive: true, force: true });
      }
    },
    (holder) => log(`tools: ${label}: another process (pid ${holder}) builds it, waiting`),
  );
}

async function compile(set: ToolSet, bin: string, label: string, log: Log): Promise<void> {
  const names = set.programs.map((program) => program.name).join(', ');
  log(`tools: ${label}: building ${names}; from nothing ${set.coldMinutes} on two cores`);
  await mkdir(bin, { recursive: true });
  const only = set.programs.length === 1 ? set.programs[0] : undefined;
  // A single package may be named otherwise than its folder (etcd's is `v3`); several go into the folder under their own names.
  const args = [
    'build',
    ...buildFlags(set),
    '-o',
    only ? join(bin, only.name) : `${bin}/`,
    ...set.programs.map((p) => p.package),
  ];
  const started = Date.now();
  const done = await withHeartbeat(tryRun('go', args, { cwd: moduleDirectory(set), env: goEnvironment }), (elapsed) =>
    log(`tools: ${label}: still building, ${renderDuration(elapsed)}`),
  );
  if (done.exitCode !== 0) {
    const detail = done.stderr.split('\n').slice(-12).join('\n');
    throw new PlatformError(`building ${names} failed (go exit ${done.exitCode ?? 'by signal'}):\n${detail}`);
  }
  log(`tools: ${label}: built in ${renderDuration((Date.now() - started) / 1000)}`);
}

async function copyExtras(set: ToolSet, target: string): Promise<void> {
  for (const { module, files, into } of set.extras) {
    // A module that no program imports is not in Go's module cache after the build; the version is the module file's.
    const args = ['mod', 'download', '-json', module];
    const answer = await run('go', args, { cwd: moduleDirectory(set), env: goEnvironment });
    const from = (JSON.parse(answer) as { Dir?: string }).Dir;
    if (!from) throw new PlatformError(`go mod download ${module} in ${moduleDirectory(set)} named no folder`);
    await mkdir(join(target, into), { recursive: true });
    for (const file of files) await copyFile(join(from, file), join(target, into, basename(file)));
  }
}

/** Removes what a killed build left: we hold the lock, so nobody is working in there. */
async function removeAbandoned(directory: string): Promise<void> {
  const prefix = `${basename(directory)}.building-`;
  for (const entry of await readdir(dirname(directory))) {
    if (entry.startsWith(prefix)) await rm(join(dirname(directory), entry), { recursive: true, force: true });
  }
}
