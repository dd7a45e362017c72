import { type ServiceError, status } from '@grpc/grpc-js';
import { errorText } from '../errors.ts';

/** gRPC codes that the CSI specification gives a meaning to, by the names it uses. */
export const CsiCode = {
  InvalidArgument: 'INVALID_ARGUMENT',
  NotFound: 'NOT_FOUND',
  AlreadyExists: 'ALREADY_EXISTS',
  FailedPrecondition: 'FAILED_PRECONDITION',
  OutOfRange: 'OUT_OF_RANGE',
  Aborted: 'ABORTED',
  Internal: 'INTERNAL',
} as const;
export type CsiCode = (typeof CsiCode)[keyof typeof CsiCode];

/** A refusal that the caller (kubelet, provisioner, snapshotter) acts on by its code; the message ends up in an event. */
export class CsiError extends Error {
  override readonly name = 'CsiError';
  readonly code: CsiCode;

  constructor(code: CsiCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What goes over the wire for anything thrown: our code, or INTERNAL with the reason. Pure. */
export function toServiceError(thrown: unknown): Pick<ServiceError, 'code' | 'details'> {
  const code = thrown instanceof CsiError ? thrown.code : CsiCode.Internal;
  return { code: status[code], details: errorText(thrown) };
}
