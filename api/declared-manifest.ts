import type { z } from 'zod';
import { type CronSchedule, parseCron } from './cron-schedule.ts';
import { asFields, type Fields, manifestPath, present, shown } from './declared-fields.ts';
import type { DeclaredKind } from './declared-object.ts';
import { type InvalidField, invalidFields } from './invalid.ts';

export interface ReadingOptions {
  /** For manifests without one, as in a kustomization that sets it. */
  readonly defaultNamespace?: string;
  /** Stowage's name of the repository. The manifest names only a Secret and a claim. */
  readonly repository?: string;
  /** IANA name for schedules that name none; VolSync takes its own process' zone. */
  readonly defaultTimeZone?: string;
}

/** Why an object is not one of ours to read: another kind, or another mover's. */
export function reasonNotOurs(manifest: Fields, kind: DeclaredKind): string | undefined {
  const otherKind = reasonOtherKind(manifest, kind);
  if (otherKind) return otherKind;
  const spec = asFields(manifest.spec);
  if (spec.kopia !== undefined && spec.kopia !== null) return undefined;
  const movers = moversOf(spec);
  return movers.length > 0 ? `its mover is ${movers.join(', ')}` : 'it has no spec.kopia';
}

/** Why an object is not of a kind of VolSync's group. */
export function reasonOtherKind(manifest: Fields, kind: string): string | undefined {
  const apiVersion = shown(manifest.apiVersion ?? 'none');
  if (manifest.kind === kind && apiVersion.startsWith('volsync.backube/')) return undefined;
  return `${shown(manifest.kind ?? 'an object without kind')} of ${apiVersion} is not a ${kind}`;
}

const moversOf = (spec: Fields): string[] =>
  ['rsync', 'rsyncTLS', 'rclone', 'restic', 'syncthing', 'external'].filter((mover) => spec[mover] != null);

function otherMovers(spec: Fields): InvalidField[] {
  return moversOf(spec).map((mover) => ({
    field: `spec.${mover}`,
    message: 'only one mover may be set, and kopia is',
  }));
}

export interface Trigger {
  readonly schedule?: CronSchedule;
  readonly manual?: string;
  readonly problems: readonly InvalidField[];
}

/** Reads `spec.trigger`, of which both fields may be set. */
export function readTrigger(trigger: Fields, timeZone: string | undefined): Trigger {
  const { schedule, manual } = present(trigger);
  const manualValue = typeof manual === 'string' ? { manual } : {};
  if (typeof schedule !== 'string') return { ...manualValue, problems: [] };
  const reading = parseCron(schedule, timeZone);
  if (reading.ok) return { schedule: reading.cron, ...manualValue, problems: [] };
  return { problems: [{ field: 'spec.trigger.schedule', message: reading.problems.join('; ') }] };
}

/** What is wrong with the shape of a spec, by path. */
function specProblems(schema: z.ZodType, spec: Fields): InvalidField[] {
  const parsed = schema.safeParse(spec, { reportInput: true });
  return parsed.success
    ? []
    : invalidFields(parsed.error).map(({ field, message }) => ({ field: `spec.${field}`, message }));
}

/** A name that is no text; what it may be is the request's to say. */
const metadataProblems = ({ name }: Fields): InvalidField[] =>
  typeof name === 'string' && name !== '' ? [] : [{ field: 'metadata.name', message: 'must name the object' }];

export interface ManifestParts {
  readonly metadata: Fields;
  readonly schema: z.ZodType;
  readonly spec: Fields;
  /** What the reader of the kind found itself. */
  readonly own: readonly InvalidField[];
  /** The request that was made of it, and where its fields stand in the manifest. */
  readonly request: z.ZodSafeParseResult<unknown>;
  readonly paths: Readonly<Record<string, string>>;
  /** Where the fields lie that `paths` does not name; `spec.kopia` where left out. */
  readonly base?: string;
}

/** Everything that is wrong with a manifest, each with its path in it. Pure. */
export function gatherProblems({ metadata, schema, spec, own, request, paths, base }: ManifestParts): InvalidField[] {
  const ofRequest = request.success ? [] : invalidFields(request.error);
  return distinct([
    ...metadataProblems(metadata),
    ...specProblems(schema, spec),
    ...otherMovers(spec),
    ...own,
    ...ofRequest.map(({ field, message }) => ({ field: manifestPath(field, paths, base), message })),
  ]);
}

/** One problem for each field: the manifest's own rule comes first and says it best. */
function distinct(problems: readonly InvalidField[]): InvalidField[] {
  const seen = new Set<string>();
  return problems.filter(({ field }) => (seen.has(field) ? false : seen.add(field)));
}

/** `namespace/name` of a manifest that may have neither. */
export const manifestLabel = (namespace: unknown, name: unknown): string =>
  `${shown(namespace ?? '?')}/${shown(name ?? '?')}`;
