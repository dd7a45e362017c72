/** The path under which every source files its snapshots unless it overrides it. */
export const DEFAULT_SNAPSHOT_PATH = '/data';

/** VolSync's fallback where nothing of a name is left after sanitising. */
const FALLBACK_IDENTITY = 'volsync-default';

/** VolSync cuts user names to this many bytes. */
const MAX_USERNAME_LENGTH = 50;

/** `username@hostname:path`, under which Kopia files an application's snapshots. */
export interface Identity {
  readonly username: string;
  readonly hostname: string;
  readonly path: string;
}

/** An object name as the VolSync fork turns it into a Kopia user name (compatibility.md section 3). */
export function usernameOf(objectName: string): string {
  const kept = objectName.replace(/[^A-Za-z0-9_-]/g, '').replace(/^[-_]+|[-_]+$/g, '');
  return kept.slice(0, MAX_USERNAME_LENGTH) || FALLBACK_IDENTITY;
}

/** A namespace as the VolSync fork turns it into a Kopia host name (compatibility.md section 3). */
export function hostnameOf(namespace: string, objectName: string): string {
  const clean = (text: string): string =>
    text
      .replace(/_/g, '-')
      .replace(/[^A-Za-z0-9.-]/g, '')
      .replace(/^[-.]+|[-.]+$/g, '');
  return clean(namespace) || clean(objectName) || FALLBACK_IDENTITY;
}

/** The identity as Kopia writes it. */
export const formatIdentity = (identity: Identity): string =>
  `${identity.username}@${identity.hostname}:${identity.path}`;
