import { join } from 'node:path';
import { PlatformError } from '../errors.ts';
import { buildSet, isBuilt } from './build.ts';
import { moduleDirectory, setDirectory } from './cache.ts';
import { configuredTool, toolOnPath } from './find.ts';
import { checkGo } from './go.ts';
import { type Log, stderrLog } from './progress.ts';
import { allTools, setOf, type ToolProgram, type ToolSet, toolSets } from './sets.ts';

/** Paths of tools by name. */
export type ToolPaths = Readonly<Record<string, string>>;

/** How to look: `onProgress` gets plain lines (default stderr), `environment` is `process.env` unless given. */
export type EnsureToolsOptions = { onProgress?: Log; environment?: NodeJS.ProcessEnv };

/**
 * Paths of the named tools, built where none is found. Each is looked for as an explicit path (`STOWAGE_TOOL_<NAME>`), on PATH in
 * exactly the pinned version, in our cache, and is else built from its pinned module. Asking for `kopia` alone builds Kopia alone.
 * @throws PlatformError for an unknown name, a bad explicit path, Go missing or too old, or a failed build.
 */
export async function ensureTools(names: readonly string[], options: EnsureToolsOptions = {}): Promise<ToolPaths> {
  const environment = options.environment ?? process.env;
  const log = options.onProgress ?? stderrLog;
  for (const name of names) {
    if (!setOf(name)) throw new PlatformError(`unknown tool '${name}': one of ${allTools.join(', ')}`);
  }
  const paths: Record<string, string> = {};
  const missing: ToolSet[] = [];
  for (const set of toolSets) {
    const wanted = set.programs.filter((program) => names.includes(program.name));
    const directory = await setDirectory(set, environment);
    const cached = wanted.length > 0 && (await isBuilt(set, directory));
    for (const program of wanted) {
      const path = await locate(program, environment, cached ? directory : undefined);
      if (path) paths[program.name] = path;
      else if (!missing.includes(set)) missing.push(set);
    }
  }
  if (missing.length > 0) {
    const built = missing.flatMap((set) => set.programs.map((program) => program.name));
    await checkGo(missing.map(moduleDirectory), built);
    for (const [index, set] of missing.entries()) {
      const directory = await setDirectory(set, environment);
      await buildSet(set, directory, `${set.name} ${set.version} (${index + 1} of ${missing.length})`, log);
      for (const { name } of set.programs) if (names.includes(name)) paths[name] ??= join(directory, 'bin', name);
    }
  }
  return paths;
}

async function locate(
  program: ToolProgram,
  environment: NodeJS.ProcessEnv,
  cache: string | undefined,
): Promise<string | undefined> {
  return (
    (await configuredTool(program.name, environment)) ??
    (await toolOnPath(program, environment)) ??
    (cache && join(cache, 'bin', program.name))
  );
}

/**
 * The folder with the files that come with the Kubernetes set: `crds/*.yaml` (volume snapshots), `protos/csi.proto`,
 * `protos/pluginregistration/api.proto`. Builds the set when it is not in the cache.
 * @throws as `ensureTools`.
 */
export const ensureKubernetesFiles = (options: EnsureToolsOptions = {}): Promise<string> =>
  ensureFiles(setOf('kubelet')!, options);

/** The folder with `crds/external-secrets.io_externalsecrets.yaml`. @throws as `ensureTools`. */
export const ensureGitOpsFiles = (options: EnsureToolsOptions = {}): Promise<string> =>
  ensureFiles(setOf('flux-substitute')!, options);

async function ensureFiles(set: ToolSet, options: EnsureToolsOptions): Promise<string> {
  const directory = await setDirectory(set, options.environment);
  if (!(await isBuilt(set, directory))) {
    await checkGo([moduleDirectory(set)], [set.name]);
    await buildSet(set, directory, `${set.name} ${set.version}`, options.onProgress ?? stderrLog);
  }
  return directory;
}
