import { z } from 'zod';
import type { UnsupportedField } from '../declared-fields.ts';
import { NOT_HONOURED } from './values.ts';

/** A declared value, parted by its schema. */
export interface Parted {
  /** What Stowage acts on, not validated yet; what was left empty is left out. */
  readonly known: unknown;
  /** Everything else that is set, by its path: nothing is dropped in silence. */
  readonly unsupported: readonly UnsupportedField[];
}

const UNKNOWN = "is not a field of VolSync's Kopia mover and has no effect";

/**
 * Parts a value by its schema (pure): a field that the schema does not have, or has as not honoured, is unsupported. Null
 * and empty text count as left out, as in VolSync: a variable that was left empty looks like that. `path` is the value's.
 */
export function partFields(schema: z.ZodType, value: unknown, path: string): Parted {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    const parts = value.map((item, index) => partFields(inner.element as z.ZodType, item, `${path}[${index}]`));
    return { known: parts.map(({ known }) => known), unsupported: parts.flatMap(({ unsupported }) => unsupported) };
  }
  if (!(inner instanceof z.ZodObject) || typeof value !== 'object' || value === null || Array.isArray(value))
    return { known: value, unsupported: [] };

  const shape = inner.shape as Record<string, z.ZodType>;
  const known: [string, unknown][] = [];
  const unsupported: UnsupportedField[] = [];
  for (const [name, given] of Object.entries(value)) {
    if (given === undefined || given === null || given === '') continue;
    // A field that is called `constructor` is none of the schema's.
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
    const at = path === '' ? name : `${path}.${name}`;
    const why = field ? whyNotHonoured(field) : inner.def.catchall ? undefined : UNKNOWN;
    if (why !== undefined) {
      unsupported.push({ field: at, message: why });
      continue;
    }
    const part = field ? partFields(field, given, at) : { known: given, unsupported: [] };
    known.push([name, part.known]);
    unsupported.push(...part.unsupported);
  }
  return { known: Object.fromEntries(known), unsupported };
}

/** Why a field has no effect; undefined where it has one. */
export function whyNotHonoured(field: z.ZodType): string | undefined {
  const why = unwrap(field).meta()?.[NOT_HONOURED];
  return typeof why === 'string' ? why : undefined;
}

/** What a field says of itself. */
export const descriptionOf = (field: z.ZodType): string => String(unwrap(field).meta()?.description ?? '');

/** The schema behind `optional`. */
export const unwrap = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodOptional ? unwrap(schema.unwrap() as z.ZodType) : schema;
