import { z } from 'zod';
import { objectName } from './kubernetes-values.ts';

/** A value of a label. */
export const labelValue = z
  .string()
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/,
    'must be a label value: at most 63 letters, digits, ".", "_" and "-", alphanumeric at both ends',
  );

/** Requests and limits of a container: any Kubernetes quantity, also of CPU. */
export const amounts = z.record(
  z.string(),
  z.string().regex(/^[0-9]+(\.[0-9]+)?([numkKMGTPE]i?)?$/, 'must be a quantity such as 500m or 1Gi'),
);

const nfsFolder = z.strictObject({
  server: z.string('must name the NFS server').min(1, 'must name the NFS server'),
  path: z.string('must be an absolute path').startsWith('/', 'must start with "/"'),
  readOnly: z.boolean().optional(),
});

const volumeSource = z
  .strictObject({
    persistentVolumeClaim: z.strictObject({ claimName: objectName(), readOnly: z.boolean().optional() }).optional(),
    secret: z
      .strictObject({
        secretName: objectName(),
        items: z
          .array(z.strictObject({ key: z.string(), path: z.string(), mode: z.number().int().optional() }))
          .optional(),
        defaultMode: z.number().int().optional(),
        optional: z.boolean().optional(),
      })
      .optional(),
    nfs: nfsFolder.optional(),
  })
  .refine((source) => Object.values(source).filter((one) => one !== undefined).length === 1, {
    message: 'must have exactly one of persistentVolumeClaim, secret and nfs',
  });

/** `u-<mountPath>` must be the name of a volume: a DNS label. */
const mountPath = z
  .string('must name the folder below /mnt')
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,59}[a-z0-9])?$/,
    'must be a folder name of at most 61 lower-case letters, digits and "-", alphanumeric at both ends',
  );

const moverVolumes = z.array(z.strictObject({ mountPath, volumeSource }));

/** How the pods of a volume's movers differ from the plain ones. Every field is VolSync's, under its name. */
export const moverRequestFields = {
  /** Its token is never mounted. */
  moverServiceAccount: objectName().optional(),
  moverPodLabels: z.record(z.string(), labelValue).default({}),
  moverResources: z.strictObject({ requests: amounts.optional(), limits: amounts.optional() }).optional(),
  /** As in a pod; the API server judges it. */
  moverAffinity: z.record(z.string(), z.unknown()).optional(),
  /** Volumes beside the repository, at /mnt/<mountPath>. */
  moverVolumes: moverVolumes.default([]),
  /** The repository volume where it is no claim: `repositoryClaim` is not used then. */
  repositoryNfs: nfsFolder.pick({ server: true, path: true }).optional(),
};

export type MoverVolume = z.infer<typeof moverVolumes>[number];
export type NfsFolder = z.infer<typeof moverRequestFields.repositoryNfs>;
