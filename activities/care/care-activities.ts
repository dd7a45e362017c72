import type { CareControlActivities } from '../../workflows/care/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { cleanUpCare } from './cleanup-care.ts';
import { buildMaintenanceJob } from './maintenance-job.ts';
import { planCare } from './plan-care.ts';
import { recordCare } from './record-care.ts';

/** The short calls of care. */
export function createCareActivities(dependencies: ActivityDependencies): CareControlActivities {
  return {
    planCare: (step) => planCare(dependencies, step),
    countRestores: ({ repository }) => dependencies.runs.countRestores(repository),
    buildMaintenanceJob: async (input) => buildMaintenanceJob(input, dependencies.settings),
    recordCare: (input) => recordCare(dependencies, input),
    cleanUpCare: (step) => cleanUpCare(dependencies, step),
  };
}
