import type { V1Job } from '@kubernetes/client-node';
import { limitName, shortHash } from '../../api/names.ts';
import { REPOSITORY_MOUNT } from '../../api/volume-request.ts';
import type { VerificationMoverInput } from '../../workflows/care/contract.ts';
import type { ActivitySettings } from '../dependencies.ts';
import { buildMoverJob, KOPIA_PROGRAM } from '../mover/mover-job.ts';
import { careJobParts } from './care-job.ts';

/** Where the program lies in Stowage's image. */
const VERIFY_PROGRAM = '/app/dist/activities/verifier/main.js';

/** Readers file nothing, so their name never stands in the repository. */
const READER = { username: 'stowage-verifier', hostname: 'stowage' } as const;

/** The Job of one verification; it may write nothing, and its cache is new. */
export function buildVerificationJob(input: VerificationMoverInput, settings: ActivitySettings): V1Job {
  const { run, repository, mode, part } = input;
  return buildMoverJob({
    ...careJobParts(input, { identity: READER, readOnly: true }, settings),
    settings,
    name: limitName(`stowage-verify-${repository}-${shortHash(run.runId)}`),
    program: { image: settings.stowageImage, command: ['node', VERIFY_PROGRAM] },
    args: [`--mode=${mode.toLowerCase()}`, ...(mode === 'Deep' ? [`--part=${part.index}`, `--parts=${part.of}`] : [])],
    dataDirectory: REPOSITORY_MOUNT,
    environment: [{ name: 'STOWAGE_KOPIA', value: KOPIA_PROGRAM }],
  });
}
