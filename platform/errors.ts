/** A failure of the platform that a person can act on: the message says what is wrong and what to do; no stack is shown. */
export class PlatformError extends Error {
  override readonly name = 'PlatformError';
}

/** The text of anything thrown, in one line where it is one. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
