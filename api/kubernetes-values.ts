import { z } from 'zod';

/** A lower-case DNS label or subdomain, as Kubernetes wants object names. */
const NAME_PATTERN = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** A name of an object in Kubernetes, at most `max` characters. */
export const objectName = (max = 253) =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(max, `must have at most ${max} characters`)
    .regex(
      NAME_PATTERN,
      'must be a Kubernetes name: lower-case letters, digits, "-" and ".", alphanumeric at both ends',
    );

export const namespaceName = z
  .string()
  .min(1, 'must not be empty')
  .max(63, 'must have at most 63 characters')
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    'must be a namespace name: lower-case letters, digits and "-", alphanumeric at both ends',
  );

/** A Kubernetes quantity of storage, for example `10Gi`. */
export const quantity = z
  .string()
  .regex(/^[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E)?$/, 'must be a quantity such as 10Gi');

export const AccessMode = {
  ReadWriteOnce: 'ReadWriteOnce',
  ReadOnlyMany: 'ReadOnlyMany',
  ReadWriteMany: 'ReadWriteMany',
  ReadWriteOncePod: 'ReadWriteOncePod',
} as const;
export type AccessMode = (typeof AccessMode)[keyof typeof AccessMode];

export const accessModes = z.array(z.enum(AccessMode)).min(1, 'must name at least one access mode');

const id = z.number().int().min(0).max(2_147_483_647);

/** The part of a PodSecurityContext that movers take over; VolSync passes it through at pod level. */
export const moverSecurityContext = z.strictObject({
  runAsUser: id.optional(),
  runAsGroup: id.optional(),
  fsGroup: id.optional(),
  runAsNonRoot: z.boolean().optional(),
  supplementalGroups: z.array(id).optional(),
  fsGroupChangePolicy: z.enum(['Always', 'OnRootMismatch']).optional(),
  seccompProfile: z
    .strictObject({
      type: z.enum(['RuntimeDefault', 'Localhost', 'Unconfined']),
      localhostProfile: z.string().optional(),
    })
    .optional(),
});
export type MoverSecurityContext = z.infer<typeof moverSecurityContext>;

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Bytes of a quantity. Throws RangeError on text that {@link quantity} refuses. */
export function quantityBytes(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E)?$/.exec(text);
  if (!match) throw new RangeError(`'${text}' is not a quantity such as 10Gi`);
  return Math.ceil(Number(match[1]) * UNIT_BYTES[match[2] ?? '']!);
}
