import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from '../errors.ts';
import { systemProgram } from '../host/packages.ts';
import { type Network, networkOf } from '../layout/network.ts';
import { type Paths, pathsOf, platformsRoot } from '../layout/paths.ts';
import { slotOf } from '../layout/slots.ts';
import { compiledRoot } from '../project.ts';
import { ensureKubernetesFiles, ensureTools, type ToolPaths } from '../toolchain/ensure.ts';
import type { Log } from '../toolchain/progress.ts';
import { allTools } from '../toolchain/sets.ts';
import { type Command, type ComponentName, commandsOf } from './components.ts';

/** Everything that the steps of a boot share. */
export type BootContext = {
  readonly name: string;
  readonly paths: Paths;
  readonly network: Network;
  readonly tools: ToolPaths;
  /** Folder of the Kubernetes set: snapshot CRDs and protos. */
  readonly kubernetesFiles: string;
  readonly commands: Record<ComponentName, Command>;
  readonly log: Log;
};

/** Gathers the context of a platform that holds `slot`; builds tools where they are missing. */
export async function createContext(name: string, slot: number, log: Log): Promise<BootContext> {
  const paths = pathsOf(name, platformsRoot());
  const network = networkOf(slot);
  const tools = await ensureTools(allTools, { onProgress: log });
  const kubernetesFiles = await ensureKubernetesFiles({ onProgress: log });
  const csiDriver = join(compiledRoot(), 'platform/csi/main.js');
  if (!existsSync(csiDriver)) {
    throw new PlatformError(
      `${csiDriver} is missing: build the project first ('npm run build'), or name the build by STOWAGE_DIST`,
    );
  }
  const commands = commandsOf({
    paths,
    network,
    tools,
    containerd: (await systemProgram('containerd')) ?? 'containerd',
    csiDriver,
    csiProtos: join(kubernetesFiles, 'protos'),
  });
  return { name, paths, network, tools, kubernetesFiles, commands, log };
}

/**
 * The context of a platform that is up or kept.
 * @throws PlatformError when there is no such platform.
 */
export async function openContext(name: string, log: Log): Promise<BootContext> {
  const slot = await slotOf(pathsOf(name, platformsRoot()).directory);
  if (slot === undefined)
    throw new PlatformError(`there is no platform '${name}': 'platform up --name ${name}' makes it`);
  return createContext(name, slot, log);
}
