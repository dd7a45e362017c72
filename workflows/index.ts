// The bundle's entry: exports the workflow functions and nothing else.
export { backupVolume } from './backup/workflow.ts';
export { holdRepository } from './care/lock.ts';
export { maintainRepository } from './care/maintain-workflow.ts';
export { verifyRepository } from './care/verify-workflow.ts';
export { drillVolume } from './drill/workflow.ts';
export { initRepository } from './repository/init-workflow.ts';
export { inspectRepository } from './repository/inspect-workflow.ts';
export { listSnapshots } from './repository/list-workflow.ts';
export { restoreVolume } from './restore/workflow.ts';
export { watchCluster } from './watch/workflow.ts';
