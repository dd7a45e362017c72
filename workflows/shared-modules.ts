/**
 * What all runs share: a worker loads these modules once, before the first run, and no run loads them again. Building the
 * schemas of the requests for each run anew took 20 ms and most of a megabyte (docs/decisions/0016). Only for the bundle.
 */
import * as backup from '../api/backup-request.ts';
import * as care from '../api/care-request.ts';
import * as drillCheck from '../api/drill-check.ts';
import * as drill from '../api/drill-request.ts';
import * as inspect from '../api/inspect-request.ts';
import * as caredRepository from '../api/kopia-repository.ts';
import * as kubernetes from '../api/kubernetes-values.ts';
import * as mover from '../api/mover-request.ts';
import * as repository from '../api/repository-request.ts';
import * as restore from '../api/restore-request.ts';
import * as retention from '../api/retention.ts';
import * as snapshots from '../api/snapshots-request.ts';
import * as verify from '../api/verify-report.ts';
import * as volume from '../api/volume-request.ts';

/*
 * Temporal freezes whatever is shared, as deep as it reaches, but for what is frozen already. Schemas keep what they derive
 * in themselves at their first use, so they must stay out of its reach: what they hold is the same whichever run asks first.
 */
for (const exported of [
  backup,
  care,
  caredRepository,
  drill,
  drillCheck,
  inspect,
  kubernetes,
  mover,
  repository,
  restore,
  retention,
  snapshots,
  verify,
  volume,
]) {
  Object.freeze(exported);
}

// Zod finds out once what it may do; it must have before it is frozen itself.
retention.RetentionSchema.safeParse({ hourly: '' });
