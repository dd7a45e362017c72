import { DeclaredKind, MAINTENANCE_KIND, REPOSITORY_KIND } from '../../api/declared-object.ts';
import type { FailureType } from '../../workflows/failures.ts';
import type { Kind, ObjectRef, WatchSelector } from '../ports/cluster.ts';
import { PortError } from '../ports/port-error.ts';
import { describeObject, kinds } from './kinds.ts';

/** The parts of a `metav1.Status` that decide; nothing else of an answer is ever kept. */
export interface ApiStatus {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  /** Name of the object that the status is about. */
  readonly name?: string;
  readonly retryAfterSeconds?: number;
}

/** What was asked, for the message. */
export interface ApiCall {
  readonly verb: string;
  readonly kind: Kind;
  readonly target: ObjectRef | WatchSelector;
}

/** An answer that is no success. Stays inside this folder: callers see PortError. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: ApiStatus;

  constructor(status: ApiStatus) {
    super(`${status.code} ${status.reason}: ${status.message}`);
    this.status = status;
  }
}

/** No answer, or a broken one. The message holds the system's code, never a header. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}

/** Reads a `Status` from an answer's body; a body that is none (a proxy's page) is not repeated. */
export function readStatus(code: number, body: string, retryAfter?: string): ApiStatus {
  const json = parseObject(body);
  const isStatus = json?.kind === 'Status';
  const details = isStatus ? (json.details as { name?: string; retryAfterSeconds?: number } | undefined) : undefined;
  const seconds = Number(retryAfter ?? details?.retryAfterSeconds);
  return {
    code,
    reason: isStatus && typeof json.reason === 'string' ? json.reason : '',
    message: isStatus && typeof json.message === 'string' ? json.message : `HTTP status ${code}`,
    ...(details?.name ? { name: details.name } : {}),
    ...(Number.isFinite(seconds) && seconds > 0 ? { retryAfterSeconds: seconds } : {}),
  };
}

/** True when the named object does not exist; a kind that the server does not know is another 404. */
export const isMissingObject = ({ status }: ApiError): boolean => status.code === 404 && status.name !== undefined;

/**
 * True when a declared kind's object does not exist, or the server does not know the kind: a cluster without the CRDs holds
 * no declared objects. Other kinds that the server does not know stay an error.
 */
export const isMissing =
  (kind: Kind) =>
  (error: ApiError): boolean =>
    isMissingObject(error) || isUnservedDeclared(kind, error);

/** Kinds whose CRD may not be there (yet). */
const CUSTOM_KINDS: readonly string[] = [...Object.values(DeclaredKind), MAINTENANCE_KIND, REPOSITORY_KIND];

/** The CRD of a declared kind is not installed (yet). */
export const isUnservedDeclared = (kind: Kind, { status }: ApiError): boolean =>
  status.code === 404 && status.name === undefined && CUSTOM_KINDS.includes(kind);

export const isConflict = ({ status }: ApiError): boolean => status.code === 409;

export const alreadyExists = ({ status }: ApiError): boolean =>
  status.code === 409 && status.reason === 'AlreadyExists';

/** The resource version is too old, or the server forgot it. */
export const isExpired = ({ status }: ApiError): boolean => status.code === 410 || status.reason === 'Expired';

/** Turns whatever a call threw into the one error that leaves the port. */
export function toPortError(error: unknown, call: ApiCall): PortError {
  if (error instanceof PortError) return error;
  const what = `${call.verb} ${describeObject(call.kind, call.target)}`;
  if (error instanceof ApiError) {
    const { type, retryable } = classify(error.status, call);
    const options = retryable === undefined ? { cause: error } : { cause: error, retryable };
    return new PortError(type, `cannot ${what}: ${sentence(error.status, call)}`, options);
  }
  const message = error instanceof NetworkError ? error.message : 'the Kubernetes client failed unexpectedly';
  return new PortError('ClusterUnreachable', `cannot ${what}: ${message}`, { cause: error });
}

function classify(status: ApiStatus, call: ApiCall): { type: FailureType; retryable?: boolean } {
  const { code, message } = status;
  if (code === 401) return { type: 'Forbidden', retryable: true };
  if (code === 403) return { type: 'Forbidden', ...(message.includes('exceeded quota') ? { retryable: true } : {}) };
  if (code === 404) return { type: isServed(status) ? 'SourceMissing' : missingKind(call.kind) };
  if (code === 429 || code >= 500) return { type: 'ClusterUnreachable' };
  if (code === 409 || code === 410) return { type: 'ClusterUnreachable' };
  return { type: 'InvalidSpec' };
}

const missingKind = (kind: Kind): FailureType => (kind === 'VolumeSnapshot' ? 'VolumeSnapshotFailed' : 'InvalidSpec');

const isServed = (status: ApiStatus): boolean => status.name !== undefined;

function sentence(status: ApiStatus, { kind }: ApiCall): string {
  const { apiVersion, plural } = kinds[kind];
  if (status.code === 401) return 'the API server does not accept the credentials';
  if (status.code === 404 && !isServed(status))
    return `the cluster serves no ${plural} of ${apiVersion}: install their CRD`;
  // The server's own sentence names the user, the verb, the resource and the namespace.
  return status.message;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
