import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { PlatformError } from '../errors.ts';
import { tryRun } from '../host/run.ts';
import type { ToolProgram } from './sets.ts';

/** The variable that names a tool's path explicitly: `kube-apiserver` → `STOWAGE_TOOL_KUBE_APISERVER`. */
export function toolVariable(tool: string): string {
  return `STOWAGE_TOOL_${tool.toUpperCase().replaceAll('-', '_')}`;
}

/** True when the file is there and may be executed. */
export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * The path that configuration gives for a tool, if any. A configured path is taken as it is: whoever sets it answers for the version.
 * @throws PlatformError when it is not an absolute path of an executable.
 */
export async function configuredTool(tool: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const path = environment[toolVariable(tool)];
  if (!path) return undefined;
  if (!isAbsolute(path) || !(await isExecutable(path))) {
    throw new PlatformError(`${toolVariable(tool)} is '${path}': give the absolute path of an executable, or unset it`);
  }
  return path;
}

/** The first file of this name on PATH that may be executed. */
export async function whichTool(tool: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (environment.PATH ?? '').split(delimiter)) {
    if (isAbsolute(folder) && (await isExecutable(join(folder, tool)))) return join(folder, tool);
  }
  return undefined;
}

/** True when the text that a program answers about its version names exactly the wanted one. Pure. */
export function versionMatches(answer: string, wanted: string): boolean {
  const at = answer.indexOf(wanted);
  if (at < 0) return false;
  // v1.36.1 must not take v1.36.10 or v1.36.1-alpha.0, and 0.21.1 must not take 10.21.1.
  const before = answer[at - 1] ?? ' ';
  const after = answer.slice(at + wanted.length, at + wanted.length + 2);
  return !/[0-9.]/.test(before) && !/^(?:[0-9]|[.][0-9]|[-+][0-9A-Za-z])/.test(after);
}

/** The program on PATH, when its version is the pinned one. */
export async function toolOnPath(program: ToolProgram, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const path = await whichTool(program.name, environment);
  if (!path) return undefined;
  const answer = await tryRun(path, program.versionArgs, { timeoutSeconds: 10 });
  return versionMatches(`${answer.stdout}\n${answer.stderr}`, program.versionText) ? path : undefined;
}
