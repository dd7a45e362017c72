import type { DrillControlActivities } from '../../workflows/drill/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { preflightDrill } from './preflight-drill.ts';
import { recordDrill } from './record-drill.ts';
import { cleanUpDrill, stageDrill } from './throw-away-claim.ts';

/** The short calls of drills. */
export function createDrillActivities(dependencies: ActivityDependencies): DrillControlActivities {
  return {
    preflightDrill: (step) => preflightDrill(dependencies, step),
    stageDrill: (input) => stageDrill(dependencies, input),
    recordDrill: (step) => recordDrill(dependencies, step),
    cleanUpDrill: (step) => cleanUpDrill(dependencies, step),
  };
}
