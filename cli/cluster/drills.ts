import { CoreV1Api, CustomObjectsApi, type KubeConfig } from '@kubernetes/client-node';
import { REPOSITORY_API_VERSION } from '../../api/declared-object.ts';
import { readDrills } from '../../api/drill-record.ts';
import { readKopiaRepository } from '../../api/kopia-repository.ts';
import { Label } from '../../api/metadata.ts';
import type { DrillReader } from '../drill-rows.ts';
import { clusterError, isStatus, place, timeLimited } from './request.ts';

const [group = '', version = ''] = REPOSITORY_API_VERSION.split('/');
const plural = 'kopiarepositories';

/** What Stowage's namespace tells of drills, by the Kubernetes client. */
export function openDrills(config: KubeConfig): DrillReader {
  const core = config.makeApiClient(CoreV1Api);
  const objects = config.makeApiClient(CustomObjectsApi);
  return {
    async drills(namespace) {
      try {
        const request = { namespace, labelSelector: Label.drillsOf };
        const { items } = await core.listNamespacedConfigMap(request, timeLimited);
        return items.map(({ data }) => readDrills(data)).filter((history) => history.length > 0);
      } catch (error) {
        throw clusterError(error, `list configmaps ${place(namespace)}`);
      }
    },

    async repositories(namespace) {
      try {
        const request = { group, version, plural, namespace };
        const list = (await objects.listNamespacedCustomObject(request, timeLimited)) as {
          readonly items: readonly Parameters<typeof readKopiaRepository>[0][];
        };
        const readings = list.items.map(readKopiaRepository);
        return readings.flatMap((reading) => (reading.kind === 'Repository' ? [reading.declared] : []));
      } catch (error) {
        // Without the CRD nothing is declared of any repository, and drills are monthly.
        if (isStatus(error, 404)) return [];
        throw clusterError(error, `list ${plural} ${place(namespace)}`);
      }
    },
  };
}
