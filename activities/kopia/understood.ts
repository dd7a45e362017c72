import { FailureType } from '../../workflows/failures.ts';
import { PortError } from '../ports/port-error.ts';

/** Parses what Kopia printed; text of another form is a failure of its own, without the text. */
export function understood<T>(parse: (text: string) => T, text: string): T {
  try {
    return parse(text);
  } catch (cause) {
    throw new PortError(FailureType.MoverFailed, "Kopia's answer has another form than that of 0.21.1", {
      cause,
      retryable: false,
    });
  }
}
