import { z } from 'zod';
import type { Identity } from '../../api/identity.ts';
import type { SnapshotSummary } from '../../workflows/repository/contract.ts';
import { type KopiaPolicy, PolicySchema } from './output.ts';
import { type KopiaServer, readText } from './server.ts';

/** A snapshot as Kopia's server lists it: all but the tags. */
export type UntaggedSnapshot = Omit<SnapshotSummary, 'tags'>;

/** What is filed under one identity, and which policy is in effect for it. */
export interface SourceState {
  readonly policy: KopiaPolicy;
  readonly snapshots: readonly UntaggedSnapshot[];
}

const SnapshotsResponse = z.object({
  snapshots: z.array(
    z.object({
      id: z.string(),
      startTime: z.string(),
      endTime: z.string(),
      incomplete: z.string().optional(),
      summary: z
        .object({
          size: z.number(),
          files: z.number(),
          symlinks: z.number().default(0),
          dirs: z.number().default(0),
          incomplete: z.string().optional(),
          numFailed: z.number().default(0),
          numIgnoredErrors: z.number().default(0),
        })
        .nullish(),
      rootID: z.string().default(''),
      retention: z.array(z.string()).nullish(),
      pins: z.array(z.string()).nullish(),
    }),
  ),
});

const ResolveResponse = z.object({ effective: PolicySchema });

/** Makes an open server look at the repository again; without it, it knows what it saw last. */
export async function refreshServer(server: KopiaServer): Promise<void> {
  await readText(await server.request('/api/v1/refresh', { method: 'POST', body: '{}' }));
}

const SourcesResponse = z.object({ sources: z.array(z.unknown()) });

/** How many sources the repository holds, as the server saw them last. */
export async function countSources(server: KopiaServer): Promise<number> {
  return SourcesResponse.parse(JSON.parse(await readText(await server.request('/api/v1/sources')))).sources.length;
}

/** Asks an open server in two small requests: a few milliseconds where a process of its own takes a quarter second. */
export async function readSourceState(server: KopiaServer, identity: Identity): Promise<SourceState> {
  const query = new URLSearchParams({
    userName: identity.username,
    host: identity.hostname,
    path: identity.path,
  });
  const [snapshots, policy] = await Promise.all([
    server.request(`/api/v1/snapshots?all=1&${query}`).then(readText),
    server.request(`/api/v1/policy/resolve?${query}`, { method: 'POST', body: '{}' }).then(readText),
  ]);
  return {
    snapshots: SnapshotsResponse.parse(JSON.parse(snapshots)).snapshots.map(untagged),
    policy: ResolveResponse.parse(JSON.parse(policy)).effective,
  };
}

function untagged(snapshot: z.infer<typeof SnapshotsResponse>['snapshots'][number]): UntaggedSnapshot {
  const { summary } = snapshot;
  const incomplete = snapshot.incomplete || summary?.incomplete || (summary ? undefined : 'no directory summary');
  return {
    id: snapshot.id,
    rootObject: snapshot.rootID,
    startTime: snapshot.startTime,
    endTime: snapshot.endTime,
    files: summary?.files ?? 0,
    directories: summary?.dirs ?? 0,
    symlinks: summary?.symlinks ?? 0,
    bytes: summary?.size ?? 0,
    failedEntries: (summary?.numFailed ?? 0) + (summary?.numIgnoredErrors ?? 0),
    ...(incomplete ? { incomplete } : {}),
    retentionReasons: snapshot.retention ?? [],
    pins: snapshot.pins ?? [],
  };
}
