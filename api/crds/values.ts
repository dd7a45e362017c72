/**
 * Building blocks of the declared specs. One zod schema serves the readers, and the CRD's OpenAPI is made of it: what goes
 * into `meta` stands in the CRD word for word, apart from {@link NOT_HONOURED}.
 *
 * The CRD refuses what VolSync's refuses or what could never work, and nothing else: a refusal holds up everything that a
 * Flux Kustomization applies, a condition only the object. So text may be empty there (a variable that was left empty);
 * the readers take that as left out.
 */
import { z } from 'zod';

/** Key of `meta` that says why a field has no effect, and what happens instead. */
export const NOT_HONOURED = 'notHonoured';

export const text = (description: string) => z.string().meta({ description }).optional();

export const flag = (description: string) => z.boolean().meta({ description }).optional();

/** An int32. */
export const count = (description: string) => z.int32().meta({ description, format: 'int32' }).optional();

/** Text that fits a pattern, or is empty. */
export const patterned = (pattern: string, message: string, description: string) =>
  z
    .string()
    .regex(new RegExp(`^(${pattern})?$`), message)
    .meta({ description })
    .optional();

/** Kubernetes' own pattern for quantities; what of it a volume's size may be is for the readers to say. */
const QUANTITY =
  '(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?';

const intOrString = (pattern: string, message: string, description?: string) =>
  z.union([z.int(), z.string().regex(new RegExp(`^(${pattern})?$`), message)]).meta({
    'x-kubernetes-int-or-string': true,
    pattern: `^(${pattern})?$`,
    ...(description === undefined ? {} : { description }),
  });

/** `10Gi`, or a number of bytes. */
export const size = (description: string) =>
  intOrString(QUANTITY, 'must be a quantity such as 10Gi', description).optional();

/** A user or group id; people quote them. */
export const id = (description: string) => intOrString('[0-9]+', 'must be a numeric id', description).optional();

export const ids = (description: string) =>
  z.array(intOrString('[0-9]+', 'must be a numeric id')).meta({ description }).optional();

export const list = (description: string, minItems = 0) => {
  const texts = z.array(z.string());
  return (minItems > 0 ? texts.min(minItems, 'must have at least one entry') : texts).meta({ description }).optional();
};

export const textMap = (description: string) => z.record(z.string(), z.string()).meta({ description }).optional();

/** A map of quantities, as in the requests and limits of a container. */
export const sizeMap = (description: string) =>
  z.record(z.string(), intOrString(QUANTITY, 'must be a quantity')).meta({ description }).optional();

const KEEPS_UNKNOWN = { 'x-kubernetes-preserve-unknown-fields': true } as const;

/** An object whose unknown fields survive in the cluster, so that a condition can name them. */
export const open = <Shape extends z.ZodRawShape>(description: string, shape: Shape, rules: readonly Rule[] = []) =>
  z.object(shape).meta({
    description,
    ...KEEPS_UNKNOWN,
    ...(rules.length > 0 ? { 'x-kubernetes-validations': rules } : {}),
  });

/** An object that only Kubernetes, or another mover, knows the inside of. */
export const opaque = (description: string) =>
  z
    .record(z.string(), z.unknown())
    .meta({ description, ...KEEPS_UNKNOWN })
    .optional();

/** A field that is read and not acted on: `why` is what its object's condition says. */
export const notHonoured = <Schema extends z.ZodType>(field: Schema, why: string) =>
  field.meta({ ...field.meta(), description: `Not honoured: it ${why}.`, [NOT_HONOURED]: why });

/** A CEL rule that must hold, and what to do where it does not. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
}

/** CEL: the fields are there and not empty. */
export const isSet = (...fields: readonly string[]): string =>
  fields.map((field) => `(has(self.${field}) && self.${field} != '')`).join(' && ');
