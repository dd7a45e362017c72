import { ExitCode, exitCodeOf, remedyOf } from './exit-codes.ts';

/** Anything that ends a command with a message for a person; the program prints it once. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
  readonly exitCode: number;
  /** A FailureType where there is one. */
  readonly type: string | undefined;
  readonly remedy: string | undefined;

  constructor(message: string, options: { type?: string; remedy?: string; exitCode?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.type = options.type;
    this.remedy = options.remedy ?? remedyOf(options.type);
    this.exitCode = options.exitCode ?? exitCodeOf(options.type);
  }
}

/** The command line, the environment or a file says something that can't be meant. Nothing was started. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError';
  constructor(message: string, remedy?: string) {
    super(message, { exitCode: ExitCode.Usage, ...(remedy !== undefined && { remedy }) });
  }
}
