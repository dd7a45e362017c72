import type {
  V1Container,
  V1EnvVar,
  V1Job,
  V1ResourceRequirements,
  V1Volume,
  V1VolumeMount,
} from '@kubernetes/client-node';
import type { MoverSecurityContext } from '../../api/kubernetes-values.ts';
import { Annotation } from '../../api/metadata.ts';
import type { RunReference } from '../../workflows/backup/contract.ts';
import type { ActivitySettings } from '../dependencies.ts';
import type { Component } from '../volume/ownership.ts';
import { buildAffinity, type DeclaredPod } from './declared-pod.ts';
import type { MoverRepository } from './mover-repository.ts';
import { buildContainerSecurity, buildPodSecurity } from './pod-security.ts';
import { buildRunJob } from './run-job.ts';

/** Scripts and runbooks know the mover by this name. */
export const MOVER_CONTAINER = 'kopia';

/** Kopia's Prometheus page, on the pod's address. */
export const METRICS_PORT = 9411;
export const METRICS_ADDRESS = `:${METRICS_PORT}`;

/** Where these programs lie in Stowage's image. */
const LAUNCHER_PROGRAM = '/app/dist/activities/launcher/main.js';
export const KOPIA_PROGRAM = '/kopia';

const CONFIG_MOUNT = '/kopia-config';
const CONFIG_FILE = 'kopia.config';
const TEMPORARY_MOUNT = '/tmp';
export const CACHE_MOUNT = '/cache';

export interface MoverJobRequest {
  readonly run: RunReference;
  readonly settings: ActivitySettings;
  readonly component: Component;
  readonly namespace: string;
  readonly name: string;
  /** More labels of the Job and its pod: what people select logs by. */
  readonly labels: Readonly<Record<string, string>>;
  /** What runs, in an image that has it; Kopia in its own image where left out. */
  readonly program?: { readonly image: string; readonly command: readonly string[] };
  readonly args: readonly string[];
  /** Where the volume that is moved is mounted. */
  readonly dataDirectory: string;
  /** More environment, after that of every mover. */
  readonly environment?: readonly V1EnvVar[];
  /** Volumes and mounts beside those that every mover has. */
  readonly volumes: readonly V1Volume[];
  readonly mounts: readonly V1VolumeMount[];
  readonly repository: MoverRepository;
  readonly cache: V1Volume;
  readonly securityContext: MoverSecurityContext;
  readonly privileged: boolean;
  /** What people declare of the mover's pod. */
  readonly declared: DeclaredPod;
  readonly restores?: boolean;
  /** Kopia writes a lock beside its configuration: the folder is writable then. Only maintenance does. */
  readonly locksConfig?: boolean;
  /** The one node that the pod may run on. */
  readonly nodeName?: string;
}

/**
 * The Job of every mover: one container, plain argv, no shell, no init container. Its shape is VolSync's where admission
 * policies patch it (compatibility.md section 2.2): container 0, environment 0 and 1, both volume arrays, the labels.
 */
export function buildMoverJob(request: MoverJobRequest): V1Job {
  const { run, settings, component, namespace, name, securityContext, privileged } = request;
  const serviceAccountName = request.declared.moverServiceAccount ?? settings.moverServiceAccount;
  const affinity = buildAffinity(request.declared.moverAffinity, request.nodeName);
  const security = { requested: securityContext, privileged, ...(request.restores ? { restores: true } : {}) };
  return buildRunJob({
    ...{ run, component, namespace, name, labels: request.labels },
    podLabels: request.declared.moverPodLabels,
    podAnnotations: { [Annotation.kopiaConfig]: request.repository.kopiaConfig },
    pod: {
      ...(serviceAccountName ? { serviceAccountName } : {}),
      ...(affinity ? { affinity } : {}),
      securityContext: buildPodSecurity(security),
      containers: [buildContainer(request, buildContainerSecurity(security))],
      volumes: buildVolumes(request),
    },
  });
}

function buildContainer(request: MoverJobRequest, securityContext: V1Container['securityContext']): V1Container {
  return {
    name: MOVER_CONTAINER,
    ...buildProgram(request),
    imagePullPolicy: request.settings.imagePullPolicy,
    args: [...request.args],
    env: buildEnvironment(request),
    ports: [{ name: 'metrics', containerPort: METRICS_PORT, protocol: 'TCP' }],
    volumeMounts: [
      ...request.mounts,
      ...request.repository.mounts,
      { name: 'cache', mountPath: CACHE_MOUNT },
      { name: 'tempdir', mountPath: TEMPORARY_MOUNT },
      request.locksConfig
        ? { name: 'kopia-config', mountPath: configPath(request), subPath: CONFIG_FILE, readOnly: true }
        : { name: 'kopia-config', mountPath: CONFIG_MOUNT, readOnly: true },
    ],
    ...(request.declared.moverResources
      ? { resources: request.declared.moverResources as V1ResourceRequirements }
      : {}),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    ...(securityContext ? { securityContext } : {}),
  };
}

const configPath = ({ locksConfig }: MoverJobRequest): string =>
  `${locksConfig ? TEMPORARY_MOUNT : CONFIG_MOUNT}/${CONFIG_FILE}`;

/** The launcher fills in the credentials first; it has Kopia beside it in Stowage's image. */
function buildProgram({ program, repository, settings }: MoverJobRequest): Pick<V1Container, 'image' | 'command'> {
  if (!repository.launched)
    return program ? { image: program.image, command: [...program.command] } : { image: settings.kopiaImage };
  return {
    image: settings.stowageImage,
    command: ['node', LAUNCHER_PROGRAM, '--', ...(program?.command ?? [KOPIA_PROGRAM])],
  };
}

/** The first two places are contract: policies replace the value at index 1. */
function buildEnvironment(request: MoverJobRequest): V1EnvVar[] {
  const { dataDirectory, repository, privileged, environment = [] } = request;
  return [
    { name: 'DATA_DIR', value: dataDirectory },
    { name: 'KOPIA_CACHE_DIR', value: CACHE_MOUNT },
    ...repository.environment,
    { name: 'KOPIA_CONFIG_PATH', value: configPath(request) },
    { name: 'KOPIA_LOG_DIR', value: `${TEMPORARY_MOUNT}/kopia-logs` },
    { name: 'KOPIA_CHECK_FOR_UPDATES', value: 'false' },
    { name: 'KOPIA_PERSIST_CREDENTIALS_ON_CONNECT', value: 'false' },
    { name: 'KOPIA_DISABLE_COLOR', value: 'true' },
    { name: 'HOME', value: TEMPORARY_MOUNT },
    ...(privileged ? [{ name: 'PRIVILEGED_MOVER', value: '1' }] : []),
    ...environment,
  ];
}

function buildVolumes({ volumes, repository, cache }: MoverJobRequest): V1Volume[] {
  return [
    ...volumes,
    ...repository.volumes,
    cache,
    { name: 'tempdir', emptyDir: { medium: 'Memory' } },
    {
      name: 'kopia-config',
      downwardAPI: {
        items: [{ path: CONFIG_FILE, fieldRef: { fieldPath: `metadata.annotations['${Annotation.kopiaConfig}']` } }],
      },
    },
  ];
}
