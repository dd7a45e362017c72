import type { z } from 'zod';

/** One thing that is wrong with an input: which field, and what to write instead. */
export interface InvalidField {
  readonly field: string;
  readonly message: string;
}

/** All problems at once, each with its field's path (`retain.hourly`, `accessModes[0]`). */
export function invalidFields(error: z.ZodError): InvalidField[] {
  return error.issues.map((issue) => ({ field: fieldPath(issue), message: issue.message }));
}

/** The problems as one sentence for a person. The value itself stays out: it may be a secret in the wrong place. */
export function describeInvalid(error: z.ZodError): string {
  return invalidFields(error)
    .map(({ field, message }) => `${field}: ${message}`)
    .join('; ');
}

function fieldPath(issue: z.core.$ZodIssue): string {
  const base = issue.path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    '',
  );
  if (issue.code === 'unrecognized_keys') return [base, issue.keys.join(', ')].filter(Boolean).join('.');
  return base || 'input';
}
