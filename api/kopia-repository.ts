import { z } from 'zod';
import { type CronSchedule, parseCron } from './cron-schedule.ts';
import { type DeclaredDrills, readDeclaredDrills } from './declared-drills.ts';
import { asFields, type Fields, present, sharedRequestFields } from './declared-fields.ts';
import { type InvalidField, invalidFields } from './invalid.ts';
import { moverSecurityContext, namespaceName, objectName, quantity } from './kubernetes-values.ts';
import { moverRequestFields } from './mover-request.ts';

/** Where Stowage itself runs, and where its KopiaRepositories stand. */
export const DEFAULT_STOWAGE_NAMESPACE = 'stowage-system';

/** The Secret that `deploy/repository` names. */
export const DEFAULT_REPOSITORY_SECRET = 'kopia-secret';

/** Days within which every content is read once where nothing else is said: two months of hourly backups depend on less. */
const DEFAULT_READ_ALL_DAYS = 30;

const DEFAULT_CRON = {
  quickMaintenance: '17 * * * *',
  fullMaintenance: '37 2 * * *',
  quickVerification: '47 */6 * * *',
  deepVerification: '7 4 * * *',
} as const;

/** A run that cares for a repository, one schedule each. The names are those in `status.care`. */
export const CareTask = {
  quickMaintenance: 'quickMaintenance',
  fullMaintenance: 'fullMaintenance',
  quickVerification: 'quickVerification',
  deepVerification: 'deepVerification',
} as const;
export type CareTask = (typeof CareTask)[keyof typeof CareTask];

/** When a task is due, and whether it is held. */
export interface CareTrigger {
  readonly cron: CronSchedule;
  readonly paused: boolean;
}

/** Where a repository lies, and how the Jobs that care for it run. */
const CaredRepository = z.strictObject({
  name: objectName(63),
  namespace: namespaceName,
  secretName: objectName(),
  /** The claim that is declared; without one, and without NFS, the Secret may name an object store, else it is the claim of the object's own name. */
  repositoryClaim: objectName().optional(),
  repositoryNfs: moverRequestFields.repositoryNfs,
  moverSecurityContext: moverSecurityContext.prefault({
    runAsUser: 1000,
    runAsGroup: 1000,
    fsGroup: 1000,
    runAsNonRoot: true,
  }),
  moverServiceAccount: moverRequestFields.moverServiceAccount,
  moverResources: moverRequestFields.moverResources,
  moverAffinity: moverRequestFields.moverAffinity,
  cacheCapacity: quantity.default('1Gi'),
  readAllWithinDays: z.int().min(1).max(366).default(DEFAULT_READ_ALL_DAYS),
});
export type CaredRepository = Readonly<z.output<typeof CaredRepository>>;

export interface DeclaredRepository {
  readonly repository: CaredRepository;
  readonly triggers: Readonly<Record<CareTask, CareTrigger>>;
  readonly drills: DeclaredDrills;
}

export type RepositoryReading =
  | { readonly kind: 'Repository'; readonly declared: DeclaredRepository }
  | { readonly kind: 'Invalid'; readonly problems: readonly InvalidField[] };

/** Reads a KopiaRepository as it stands in the cluster or in git (pure). Every problem names its field. */
export function readKopiaRepository(object: {
  readonly metadata?: { readonly name?: string | undefined; readonly namespace?: string | undefined };
  readonly spec?: unknown;
}): RepositoryReading {
  const spec = asFields(object.spec);
  const mover = sharedRequestFields(spec);
  const volume = asFields(spec.volume);
  const name = object.metadata?.name ?? '';
  const maintenance = asFields(spec.maintenance);
  const verification = asFields(spec.verification);
  const problems: InvalidField[] = [];
  const trigger = (task: CareTask, fields: Fields, path: string, field: string): CareTrigger => {
    const said = fields[field];
    const reading = parseCron(typeof said === 'string' && said !== '' ? said : DEFAULT_CRON[task]);
    if (!reading.ok) problems.push(...reading.problems.map((message) => ({ field: `spec.${path}.${field}`, message })));
    return { cron: reading.ok ? reading.cron : NEVER, paused: fields.paused === true };
  };
  const triggers = {
    quickMaintenance: trigger('quickMaintenance', maintenance, 'maintenance', 'quickSchedule'),
    fullMaintenance: trigger('fullMaintenance', maintenance, 'maintenance', 'fullSchedule'),
    quickVerification: trigger('quickVerification', verification, 'verification', 'quickSchedule'),
    deepVerification: trigger('deepVerification', verification, 'verification', 'deepSchedule'),
  };
  const { drills, problems: ofDrills } = readDeclaredDrills(spec.drills);
  problems.push(...ofDrills);
  const parsed = CaredRepository.safeParse(
    present({
      name,
      namespace: object.metadata?.namespace ?? '',
      secretName: spec.secretName || DEFAULT_REPOSITORY_SECRET,
      repositoryClaim: volume.claimName,
      repositoryNfs: volume.nfs,
      moverSecurityContext: mover.moverSecurityContext,
      moverServiceAccount: mover.moverServiceAccount,
      moverResources: mover.moverResources,
      moverAffinity: mover.moverAffinity,
      cacheCapacity: asFields(mover.cache).capacity,
      readAllWithinDays: verification.readAllWithinDays,
    }),
    { reportInput: true },
  );
  if (parsed.success && problems.length === 0)
    return { kind: 'Repository', declared: { repository: parsed.data, triggers, drills } };
  const invalid = parsed.success ? [] : invalidFields(parsed.error);
  return {
    kind: 'Invalid',
    problems: [...problems, ...invalid.map(({ field, message }) => ({ field: manifestField(field), message }))],
  };
}

/** Stands in where an expression could not be read; the reading is refused then. */
const NEVER: CronSchedule = {
  expression: '',
  timeZone: 'UTC',
  minutes: [],
  hours: [],
  daysOfMonth: [],
  months: [],
  daysOfWeek: [],
  eitherDay: false,
};

const PLACES: Readonly<Record<string, string>> = {
  name: 'metadata.name',
  namespace: 'metadata.namespace',
  repositoryClaim: 'spec.volume.claimName',
  repositoryNfs: 'spec.volume.nfs',
  readAllWithinDays: 'spec.verification.readAllWithinDays',
};

/** `repositoryNfs.server` of the request is `spec.volume.nfs.server` of the manifest. */
function manifestField(field: string): string {
  const [head = '', ...rest] = field.split('.');
  return [PLACES[head] ?? `spec.${head}`, ...rest].join('.');
}
