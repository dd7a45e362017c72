/**
 * Every object name that Stowage derives, in one place. The names are VolSync's where scripts and admission
 * policies rely on them (compatibility.md section 2.1), the reference's otherwise.
 */

/** Longest name of a Job whose pods still carry it in a label value (Kubernetes: 63 characters). */
const MAX_NAME_LENGTH = 63;

/** Length of `-` and eight hexadecimal digits. */
const HASH_SUFFIX_LENGTH = 9;

/**
 * FNV-1a, 32 bits, as eight hexadecimal digits. Not a security measure: it only keeps shortened names apart, and it
 * has to run inside the workflow sandbox, which has no Node crypto.
 */
export function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}

/** Shortens a derived name to 63 characters; the hash of the whole name keeps two long names apart. */
export function limitName(name: string): string {
  if (name.length <= MAX_NAME_LENGTH) return name;
  const head = name.slice(0, MAX_NAME_LENGTH - HASH_SUFFIX_LENGTH).replace(/[-.]+$/, '');
  return `${head}-${shortHash(name)}`;
}

/** The application's name behind its claim: the reference names the claim `<app>-config`. */
export function applicationName(claim: string): string {
  return claim.endsWith('-config') && claim.length > '-config'.length ? claim.slice(0, -'-config'.length) : claim;
}

/** `<app>-src`, the reference's name of the ReplicationSource of a claim. */
export const defaultSourceName = (claim: string): string => `${applicationName(claim)}-src`;

/** `<app>-dst`, the reference's name of the ReplicationDestination of a claim. */
export const defaultDestinationName = (claim: string): string => `${applicationName(claim)}-dst`;

/** `<app>-volsync-secret`, the reference's name of the application's repository Secret. */
export const defaultSecretName = (claim: string): string => `${applicationName(claim)}-volsync-secret`;

/** The backup mover's Job: scripts wait for exactly this name. */
export const backupJobName = (source: string): string => limitName(`volsync-src-${source}`);

/** The restore mover's Job: scripts wait for exactly this name. */
export const restoreJobName = (destination: string): string => limitName(`volsync-dst-${destination}`);

/** The Job that compares a restored staging claim with its snapshot. */
export const checkJobName = (destination: string): string => limitName(`stowage-check-${destination}`);

/** The temporary VolumeSnapshot of a source, and the claim made from it (VolSync uses one name for both kinds). */
export const captureName = (source: string): string => limitName(`volsync-${source}-src`);

/** The staging claim that a restore fills before it is handed over. Not VolSync's name: its claim may lie there still. */
export const stagingClaimName = (destination: string): string => limitName(`stowage-${destination}-staging`);

/** The VolumeSnapshot that becomes a destination's `status.latestImage`: VolSync's `…-dest-YYYYMMDDHHMMSS`, in UTC. */
export function imageSnapshotName(destination: string, time: Date): string {
  const stamp = time.toISOString().slice(0, 19).replace(/[-:T]/g, '');
  return limitName(`volsync-${destination}-dest-${stamp}`);
}

/** VolSync's cache claim of a source; used where it exists already. */
export const inheritedCacheClaimName = (source: string): string => limitName(`volsync-src-${source}-cache`);

/** The cache claim that Stowage makes when VolSync left none. */
export const cacheClaimName = (claim: string): string => limitName(`kopia-cache-${applicationName(claim)}`);

/** The ConfigMap in Stowage's namespace that holds what is known of a repository (its unique id). */
export const repositoryRecordName = (repository: string): string => limitName(`stowage-repository-${repository}`);

/** The claim of a destination that names none and keeps no image: VolSync's name for it. */
export const temporaryClaimName = (destination: string): string => limitName(`volsync-${destination}-dest`);

/**
 * A maintenance Job, of a repository or of the KopiaMaintenance that declares it. Policies that inject the repository's mount
 * go by the beginning of the name; the stamp is that of one task of one run.
 */
export const maintenanceJobName = (of: string, runId: string, task: string): string =>
  limitName(`kopia-maint-${of}-${shortHash(`${runId}/${task}`)}`);

/**
 * Under this name a drill of a source does what a restore does under its destination's: its claim is
 * `stowage-drill-<source>-staging`, and no real restore has it.
 */
export const drillDestinationName = (source: string): string => limitName(`drill-${source}`);

/** The Job of a drill's check, which a person names. */
export const drillCheckJobName = (source: string): string => limitName(`stowage-drill-${source}-check`);

/** The ConfigMap in Stowage's namespace that holds the drills of a source. */
export const drillRecordName = (namespace: string, source: string): string =>
  limitName(`stowage-drills-${namespace}.${source}`);
