/** Short calls to the cluster, and the workflows themselves. */
export const CONTROL_QUEUE = 'control';

/** Long activities that follow mover Jobs. */
export const MOVERS_QUEUE = 'movers';

/** Answered by the pod that stands beside this repository. */
export const repositoryQueue = (repository: string): string => `repository/${repository}`;
