import type { WatchActivities } from '../workflows/watch/contract.ts';
import type { WatchDependencies } from './declared/declared-context.ts';
import { watchDeclaredObjects } from './declared/watch-declared.ts';
import { withFailureMapping } from './failure-mapping.ts';

/** The one long activity that keeps everything as declared. */
export function createWatchActivities(dependencies: WatchDependencies): WatchActivities {
  const activities: WatchActivities = {
    watchDeclaredObjects: () => watchDeclaredObjects(dependencies),
  };
  return withFailureMapping(activities);
}
