import { FailureType } from '../../workflows/failures.ts';
import { ERROR_RULES, type KopiaOperation } from './error-rules.ts';
import { redact, stripTerminalCodes } from './redaction.ts';

/** What a failed Kopia said, in Stowage's words. `retryable` overrides the table of failures. */
export interface KopiaFailure {
  readonly type: FailureType;
  readonly message: string;
  readonly retryable?: boolean;
}

/** Of a long line its beginning (what Kopia did) and its end (why it failed). */
const QUOTE_HEAD = 120;
const QUOTE_TAIL = 260;

/**
 * Classifies what Kopia wrote before it failed. Only its last error line decides, then the one before; an unknown text
 * is MoverFailed and not retryable: a person should read it once rather than a machine repeat it.
 */
export function classifyKopiaError(
  log: string,
  options: { readonly operation?: KopiaOperation; readonly secrets?: readonly string[] } = {},
): KopiaFailure {
  const operation = options.operation ?? 'repository';
  const lines = errorLines(log);
  for (const line of [...lines].reverse()) {
    const rule = ERROR_RULES.find(
      ({ pattern, only }) => (only === undefined || only === operation) && pattern.test(line),
    );
    if (!rule) continue;
    const { type, sentence, retryable } = rule;
    const message = `${sentence} (Kopia: ${quote(line, options.secrets)})`;
    return retryable === undefined ? { type, message } : { type, message, retryable };
  }
  const said = lines.at(-1);
  return {
    type: FailureType.MoverFailed,
    message: said ? `Kopia failed: ${quote(said, options.secrets)}` : 'Kopia failed and said nothing',
    retryable: false,
  };
}

/**
 * Tells from one line of a running Kopia that it cannot succeed any more and has to be stopped: on a full volume 0.21.1
 * says so after 11 s and then retries for minutes. Undefined for every other line.
 */
export function decisiveFailure(line: string, operation: KopiaOperation): KopiaFailure | undefined {
  if (!/(no space left on device|disk quota exceeded)$/i.test(stripTerminalCodes(line).trim())) return undefined;
  return classifyKopiaError(line, { operation });
}

/** Kopia's lines from its first error on (a long one goes on unmarked), without the level; all where none is marked. */
export function errorLines(log: string): string[] {
  const lines = stripTerminalCodes(log)
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.includes('"rootEntry"'))
    .map(level);
  const panic = lines.find(({ text }) => text.startsWith('panic: '));
  if (panic) return [panic.text];
  const first = lines.findIndex(({ error }) => error);
  return lines.slice(Math.max(0, first)).map(({ text }) => text);
}

function level(line: string): { readonly error: boolean; readonly text: string } {
  const plain = /^(?:kopia: )?(?:ERROR|FATAL|error):?\s+(.*)$/.exec(line);
  if (plain) return { error: true, text: plain[1]! };
  if (line.startsWith('panic: ')) return { error: true, text: line };
  const json = /^\{"l":"(\w+)".*"m":"((?:[^"\\]|\\.)*)"\}$/.exec(line);
  if (json) return { error: /error|fatal/i.test(json[1]!), text: JSON.parse(`"${json[2]}"`) as string };
  return { error: false, text: line };
}

function quote(line: string, secrets: readonly string[] = []): string {
  const text = redact(line, secrets);
  if (text.length <= QUOTE_HEAD + QUOTE_TAIL) return text;
  return `${text.slice(0, QUOTE_HEAD)} … ${text.slice(-QUOTE_TAIL)}`;
}
