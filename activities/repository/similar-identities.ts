import type { SelectSnapshotResult } from '../../workflows/repository/contract.ts';

/** At most so many are named. */
const NAMED = 5;

/** How many identities help a person who mistyped one. */
const NAMED_OTHERS = 10;

interface Parts {
  readonly username: string;
  readonly hostname: string;
  readonly path: string;
}

/**
 * Identities that a person may have meant, the likeliest first: the same user and host with another path, the same
 * application elsewhere, then others of the same host that share a word. Pure.
 */
export function similarIdentities(wanted: string, existing: readonly string[]): string[] {
  const target = partsOf(wanted);
  return existing
    .filter((identity) => identity !== wanted)
    .map((identity) => ({ identity, score: likeness(target, partsOf(identity)) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.identity < b.identity ? -1 : 1))
    .slice(0, NAMED)
    .map(({ identity }) => identity);
}

/**
 * What a repository holds where it holds nothing under `wanted`; with `neighbours`, the identities of other declared sources,
 * also those that look like its former names. Pure.
 */
export function otherIdentities(
  wanted: string,
  existing: readonly string[],
  neighbours: readonly string[] | undefined,
): Pick<SelectSnapshotResult, 'otherIdentities' | 'formerIdentities'> {
  const others = existing.filter((other) => other !== wanted).sort();
  const former = neighbours ? others.filter((one) => areAlike(wanted, one) && !neighbours.includes(one)) : [];
  return {
    otherIdentities: others.slice(0, NAMED_OTHERS),
    ...(former.length > 0 ? { formerIdentities: former.slice(0, NAMED) } : {}),
  };
}

/**
 * True for two identities of one host that may be one application's: the source was renamed, or declared anew under another
 * name. Pure.
 */
export function areAlike(a: string, b: string): boolean {
  const [left, right] = [partsOf(a), partsOf(b)];
  return a !== b && left.hostname === right.hostname && likeness(left, right) > 0;
}

function likeness(wanted: Parts, found: Parts): number {
  const host = wanted.hostname === found.hostname ? 2 : 0;
  if (wanted.username === found.username) return 6 + host;
  const [ours, theirs] = [stemOf(wanted.username), stemOf(found.username)];
  if (ours === theirs) return 4 + host;
  // The fork's first builds named the user after source and namespace.
  if (theirs.startsWith(`${ours}-`) || ours.startsWith(`${theirs}-`)) return 2 + host;
  return 0;
}

/** The application behind the usual names of sources and destinations. */
const stemOf = (username: string): string => username.replace(/-(src|dst|bootstrap|backup|b2|r2|config|data)$/, '');

function partsOf(identity: string): Parts {
  const at = identity.indexOf('@');
  const colon = identity.indexOf(':', at);
  return { username: identity.slice(0, at), hostname: identity.slice(at + 1, colon), path: identity.slice(colon + 1) };
}
