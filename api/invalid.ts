import type { z } from 'zod';

/** One thing that is wrong with an input: which field, and what to write instead. */
export interface InvalidField {
  readonly field: string;
  readonly message: string;
}

/** All problems at once, each with its field's path (`retain.hourly`, `accessModes[0]`). */
export function invalidFields(error: z.ZodError): InvalidField[] {
  return error.issues.map((issue) => ({ field: fieldPath(issue), message: `${issue.message}${shownValue(issue)}` }));
}

/** The problems as one sentence for a person. */
export function describeInvalid(error: z.ZodError): string {
  return invalidFields(error)
    .map(({ field, message }) => `${field}: ${message}`)
    .join('; ');
}

/** Longest part of a refused value that a message repeats, characters. */
const SHOWN_CHARACTERS = 60;

/** The refused value where it is a plain one; never that of an unknown field, which may be a secret in the wrong place. */
function shownValue({ code, input }: z.core.$ZodIssue): string {
  if (code === 'unrecognized_keys' || (typeof input !== 'string' && typeof input !== 'number')) return '';
  const text = JSON.stringify(input);
  return ` (got ${text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text})`;
}

function fieldPath(issue: z.core.$ZodIssue): string {
  const base = issue.path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    '',
  );
  if (issue.code === 'unrecognized_keys') return [base, issue.keys.join(', ')].filter(Boolean).join('.');
  return base || 'input';
}
