/** What a person sees instead of a secret. */
export const REDACTED = '[redacted]';

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal codes begin with ESC
const TERMINAL_CODE = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is removed
const CONTROL_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** Text without colours and cursor movements; Kopia colours its errors even without a terminal. */
export const stripTerminalCodes = (text: string): string =>
  text.replace(TERMINAL_CODE, '').replace(CONTROL_CHARACTER, '');

/** A name whose value is a secret, in a flag, an environment assignment, a header or JSON. */
const NAME =
  '[\\w-]*(?:password|passwd|secret|token|credential|access[-_]?key|private[-_]?key|key[-_]?data|sas)[\\w-]*';
const RULES: readonly [pattern: RegExp, replacement: string][] = [
  [new RegExp(`("${NAME}"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"`, 'gi'), `$1"${REDACTED}"`],
  [new RegExp(`\\b(${NAME})(=|:\\s*(?=\\S{8,}))("[^"]*"|'[^']*'|[^\\s"',;&]+)`, 'gi'), `$1$2${REDACTED}`],
  [/\b(authorization|cookie|set-cookie)(\s*[:=]\s*)[^\r\n]+/gi, `$1$2${REDACTED}`],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^/\s:@]+:[^/\s@]+@/gi, `$1${REDACTED}@`],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, REDACTED],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, REDACTED],
];

/** Shorter texts would blank ordinary words. */
const MIN_SECRET_LENGTH = 4;

/** Removes known secrets (in any of their usual spellings) and whatever looks like one. */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length < MIN_SECRET_LENGTH) continue;
    for (const spelling of spellings(secret)) clean = clean.replaceAll(spelling, REDACTED);
  }
  return RULES.reduce((current, [pattern, replacement]) => current.replace(pattern, replacement), clean);
}

function spellings(secret: string): string[] {
  const base64 = Buffer.from(secret, 'utf8').toString('base64');
  const quoted = JSON.stringify(secret).slice(1, -1);
  return [...new Set([secret, quoted, encodeURIComponent(secret), base64, base64.replace(/=+$/, '')])].sort(
    (a, b) => b.length - a.length,
  );
}
