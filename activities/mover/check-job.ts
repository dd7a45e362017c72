import type { V1Job } from '@kubernetes/client-node';
import { Label } from '../../api/metadata.ts';
import { checkJobName, stagingClaimName } from '../../api/names.ts';
import type { RestoreMoverInput } from '../../workflows/restore/contract.ts';
import type { ActivitySettings } from '../dependencies.ts';
import { Component, labelValue } from '../volume/ownership.ts';
import { buildMoverJob, KOPIA_PROGRAM } from './mover-job.ts';
import { repositoryReader } from './repository-reader.ts';
import { RESTORE_DIRECTORY } from './restore-job.ts';

/** Where the program of the check lies in Stowage's image. */
const CHECK_PROGRAM = '/app/dist/activities/checker/main.js';

/** The Job that compares the staging claim with its snapshot. It may write neither. */
export function buildCheckJob({ run, request, plan }: RestoreMoverInput, settings: ActivitySettings): V1Job {
  return buildMoverJob({
    run,
    settings,
    component: Component.restoreCheck,
    namespace: request.namespace,
    name: checkJobName(request.destination),
    labels: { [Label.destination]: labelValue(request.destination) },
    program: { image: settings.stowageImage, command: ['node', CHECK_PROGRAM] },
    args: [
      `--root=${RESTORE_DIRECTORY}`,
      `--snapshot-root=${plan.snapshot.rootObject}`,
      `--sample-every=${request.contentSampleEvery}`,
    ],
    dataDirectory: RESTORE_DIRECTORY,
    environment: [{ name: 'STOWAGE_KOPIA', value: KOPIA_PROGRAM }],
    volumes: [
      {
        name: 'data',
        persistentVolumeClaim: { claimName: stagingClaimName(request.destination), readOnly: true },
      },
    ],
    mounts: [{ name: 'data', mountPath: RESTORE_DIRECTORY, readOnly: true }],
    ...repositoryReader({ run, request, plan }),
    // It reads a sample: not worth a claim of its own.
    cache: { name: 'cache', emptyDir: {} },
  });
}
