/** The three kinds of worker process (design.md decision 16). */
export const WorkerRole = { Control: 'control', Movers: 'movers', Repository: 'repository' } as const;
export type WorkerRole = (typeof WorkerRole)[keyof typeof WorkerRole];

export const workerRoles: readonly WorkerRole[] = Object.values(WorkerRole);
