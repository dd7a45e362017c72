import type { V1ConfigMap } from '@kubernetes/client-node';
import { Label, MANAGED_BY } from '../../api/metadata.ts';
import { repositoryRecordName } from '../../api/names.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { RepositoryRecord, RepositoryRecordActivities } from '../../workflows/repository/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { PortError } from '../ports/port-error.ts';

/** Keys of the ConfigMap. It holds no secret: a unique id opens nothing. */
export const RecordKey = {
  repository: 'repository',
  uniqueId: 'uniqueId',
  path: 'path',
  location: 'location',
  creatingRun: 'creatingRun',
} as const;

/** How often a write that somebody else overtook is tried again at once. */
const MAX_TRIES = 5;

/** What the ConfigMap is, as its label says. */
export const RECORD_COMPONENT = 'repository-record';

type Change = (record: RepositoryRecord) => RepositoryRecord | undefined;

/** What the cluster remembers of each repository: one ConfigMap in Stowage's namespace. */
export function createRepositoryRecordActivities(
  dependencies: Pick<ActivityDependencies, 'cluster' | 'settings'>,
): RepositoryRecordActivities {
  return {
    async readRepositoryRecord({ repository }) {
      return readRecord(await findRecord(dependencies, repository));
    },
    async recordRepositoryIntent({ repository, runId }) {
      await change(dependencies, repository, ({ uniqueId, creatingRun }) =>
        uniqueId || creatingRun === runId ? undefined : { creatingRun: runId },
      );
    },
    async recordRepositoryIdentity({ repository, uniqueId, path, location, replace }) {
      await change(dependencies, repository, (known) => {
        if (known.uniqueId === uniqueId && known.path === path && known.location === location) return undefined;
        if (known.uniqueId && known.uniqueId !== uniqueId && !replace) {
          throw new PortError(
            FailureType.RepositoryExists,
            `repository '${repository}' is known with the unique id ${known.uniqueId}; ${uniqueId} would replace it: only \`stowage init --adopt\` does that`,
          );
        }
        return { uniqueId, ...(path ? { path } : {}), ...(location ? { location } : {}) };
      });
    },
  };
}

/** Reads, decides, writes on condition that nobody wrote in between. */
async function change(
  dependencies: Pick<ActivityDependencies, 'cluster' | 'settings'>,
  repository: string,
  decide: Change,
): Promise<void> {
  const { cluster } = dependencies;
  const ref = refOf(dependencies, repository);
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const existing = await findRecord(dependencies, repository);
    const wanted = decide(readRecord(existing));
    if (!wanted) return;
    const data = { [RecordKey.repository]: repository, ...wanted } as Record<string, string>;
    const written = existing
      ? await cluster.jsonPatch('ConfigMap', ref, [
          { op: 'test', path: '/metadata/resourceVersion', value: existing.metadata?.resourceVersion },
          { op: 'add', path: '/data', value: data },
        ])
      : await cluster.create('ConfigMap', buildRecord(ref, data));
    if (written) return;
  }
  throw new PortError(
    FailureType.ClusterUnreachable,
    `ConfigMap ${ref.namespace}/${ref.name} changed under each of ${MAX_TRIES} writes`,
  );
}

/** By list, which no watch answers: what it says decides whether a repository is created, and who may replace whose id. */
async function findRecord(
  dependencies: Pick<ActivityDependencies, 'cluster' | 'settings'>,
  repository: string,
): Promise<V1ConfigMap | undefined> {
  const [record] = await dependencies.cluster.list('ConfigMap', refOf(dependencies, repository));
  return record;
}

const refOf = ({ settings }: Pick<ActivityDependencies, 'settings'>, repository: string) => ({
  namespace: settings.stowageNamespace,
  name: repositoryRecordName(repository),
});

function buildRecord(ref: { namespace: string; name: string }, data: Record<string, string>): V1ConfigMap {
  const labels = { [Label.managedBy]: MANAGED_BY, [Label.component]: RECORD_COMPONENT };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...ref, labels }, data };
}

/** What a record says (pure); empty where there is none. */
export function readRecord(record: V1ConfigMap | undefined): RepositoryRecord {
  const uniqueId = record?.data?.[RecordKey.uniqueId];
  const path = record?.data?.[RecordKey.path];
  const location = record?.data?.[RecordKey.location];
  const creatingRun = record?.data?.[RecordKey.creatingRun];
  return {
    ...(uniqueId ? { uniqueId } : {}),
    ...(path ? { path } : {}),
    ...(location ? { location } : {}),
    ...(creatingRun ? { creatingRun } : {}),
  };
}
