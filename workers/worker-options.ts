import { hostname } from 'node:os';
import type { NativeConnection, Worker, WorkerOptions } from '@temporalio/worker';
import type { StoreAccess } from '../activities/kopia/client-storage.ts';
import type { UploadReports } from '../activities/ports/upload-reports.ts';
import type { WorkerConfig } from './config.ts';
import { createRedactingInterceptor } from './redacting-interceptor.ts';
import type { PasswordSource } from './secrets.ts';
import type { Telemetry } from './telemetry.ts';

/** What a role is made from. */
export interface RoleContext {
  readonly config: WorkerConfig;
  readonly connection: NativeConnection;
  readonly telemetry: Telemetry;
  readonly password: PasswordSource;
  /** The object store of the repository, of the worker beside it. Throws ConfigError. */
  readonly readStore: () => StoreAccess | undefined;
  /** What movers push to this process. */
  readonly uploads: UploadReports;
  /** Aborts when the process is told to stop. */
  readonly stopping: AbortSignal;
}

export interface OpenRole {
  readonly worker: Worker;
  /** Names of the activities that it takes. */
  readonly activities: readonly string[];
  /** Ends what the activities keep open; after the worker has drained. */
  close(): Promise<void>;
}

/** Beyond the grace time the worker gives up on activities that ignore their cancellation, seconds. */
const FORCE_AFTER_SECONDS = 15;

/** A cancel reaches an activity with its heartbeat: a second is what a person accepts after pressing the button. */
const HEARTBEAT_EVERY = '1 second';

/** Options that all roles share. `graceSeconds` is the role's own default. */
export function sharedOptions(
  { config, connection, telemetry }: Pick<RoleContext, 'config' | 'connection' | 'telemetry'>,
  graceSeconds: number,
) {
  const grace = config.shutdownGraceSeconds ?? graceSeconds;
  return {
    connection,
    namespace: config.temporal.namespace,
    identity: `${config.role}@${hostname()}`,
    shutdownGraceTime: `${grace} seconds`,
    shutdownForceTime: `${grace + FORCE_AFTER_SECONDS} seconds`,
    maxHeartbeatThrottleInterval: HEARTBEAT_EVERY,
    defaultHeartbeatThrottleInterval: HEARTBEAT_EVERY,
    interceptors: { activity: [createRedactingInterceptor(telemetry.redactor)] },
  } as const satisfies Partial<WorkerOptions>;
}

/**
 * Polls that are open from the start: enough to sit on every partition of a queue (four by default), so that a task never
 * waits until one partition asks another.
 */
const OPEN_POLLS = 4;

/** More polls under load, never more than there are slots. */
export const pollers = (slots: number): NonNullable<WorkerOptions['activityTaskPollerBehavior']> => {
  const minimum = Math.min(OPEN_POLLS, slots);
  return { type: 'autoscaling', minimum, initial: minimum, maximum: Math.max(minimum, slots) };
};
