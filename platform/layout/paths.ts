import { isAbsolute, join } from 'node:path';
import { PlatformError } from '../errors.ts';

/** Every file and folder of one platform, all below its directory. */
export type Paths = {
  readonly directory: string;
  /** Written last by a boot: the plain data that others read. */
  readonly platformFile: string;
  readonly pids: string;
  readonly logs: string;
  readonly pki: string;
  readonly kubeconfig: string;
  readonly kubeconfigs: string;
  readonly config: string;
  /** What service accounts asked of the API server, as JSON lines; bounded in size. */
  readonly audit: string;
  readonly cniConf: string;
  readonly cniData: string;
  readonly etcd: string;
  readonly containerd: string;
  readonly containerdState: string;
  readonly containerdSocket: string;
  readonly runc: string;
  readonly kubelet: string;
  readonly podLogs: string;
  readonly csi: string;
  readonly csiSocket: string;
  readonly registrationSocket: string;
  readonly temporalDatabase: string;
  readonly images: string;
};

/** Name under which the driver registers with the kubelet and the storage classes name it. */
export const DRIVER_NAME = 'csi.stowage.dev';

/** Folder of all platforms of this machine. */
export function platformsRoot(environment: NodeJS.ProcessEnv = process.env): string {
  const root = environment.STOWAGE_PLATFORM_ROOT || '/var/lib/stowage';
  if (!isAbsolute(root)) throw new PlatformError(`STOWAGE_PLATFORM_ROOT is '${root}': give an absolute path`);
  return root;
}

/**
 * Checks a platform's name: it becomes part of folder, cgroup, network and context names.
 * @throws PlatformError that says which characters are allowed.
 */
export function checkName(name: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,18}[a-z0-9])?$/.test(name)) return name;
  throw new PlatformError(
    `platform name '${name}': use 1 to 20 of a-z, 0-9 and '-', beginning and ending with a letter or digit`,
  );
}

/**
 * Files and folders of the platform `name` below `root`. Pure.
 * @throws PlatformError when the folder is so deep that the unix sockets in it would exceed the kernel's 107 characters.
 */
export function pathsOf(name: string, root: string): Paths {
  const directory = join(root, checkName(name));
  const at = (...parts: string[]): string => join(directory, ...parts);
  const paths: Paths = {
    directory,
    platformFile: at('platform.json'),
    pids: at('pids'),
    logs: at('logs'),
    pki: at('pki'),
    kubeconfig: at('kubeconfig'),
    kubeconfigs: at('kubeconfigs'),
    config: at('config'),
    audit: at('audit'),
    cniConf: at('cni', 'conf'),
    cniData: at('cni', 'ipam'),
    etcd: at('etcd'),
    containerd: at('containerd', 'root'),
    containerdState: at('containerd', 'state'),
    containerdSocket: at('containerd', 'containerd.sock'),
    runc: at('runc'),
    kubelet: at('kubelet'),
    podLogs: at('podlogs'),
    csi: at('csi'),
    csiSocket: at('csi', 'csi.sock'),
    registrationSocket: at('kubelet', 'plugins_registry', `${DRIVER_NAME}-reg.sock`),
    temporalDatabase: at('temporal', 'temporal.db'),
    images: at('images'),
  };
  for (const socket of [paths.containerdSocket, paths.registrationSocket, `${paths.containerdSocket}.ttrpc`]) {
    if (socket.length <= 107) continue;
    throw new PlatformError(
      `${directory} is too long for the sockets below it (${socket.length} > 107 characters): choose a shorter STOWAGE_PLATFORM_ROOT`,
    );
  }
  return paths;
}

/** The platform's own tree in every cgroup hierarchy, as kubelet names it. */
export function cgroupRoot(name: string): string {
  return `/stw-${name}`;
}
