import { AppsV1Api, CoordinationV1Api, CoreV1Api, CustomObjectsApi, type KubeConfig } from '@kubernetes/client-node';
import { ConditionType, DECLARED_API_VERSION, DeclaredKind, FieldManager } from '../../api/declared-object.ts';
import { Annotation } from '../../api/metadata.ts';
import { type DeclaredCluster, type DeclaredManifest, labelOf } from '../declared-objects.ts';
import { CommandError } from '../errors.ts';
import { readVolSyncState, VOLSYNC_LEASE, VOLSYNC_SELECTOR } from '../volsync-state.ts';
import { clusterError, isStatus, mergePatch, place, timeLimited } from './request.ts';

const [group = '', version = ''] = DECLARED_API_VERSION.split('/');

const PLURAL: Readonly<Record<DeclaredKind, string>> = {
  [DeclaredKind.source]: 'replicationsources',
  [DeclaredKind.destination]: 'replicationdestinations',
};

/** Who wrote the annotation, in `metadata.managedFields`. */
const fieldManager = 'stowage-cli';

/** Conditions that only Stowage writes; `Synchronizing` is VolSync's own and stays for it to go on from. */
const OWN_CONDITIONS: ReadonlySet<string> = new Set(
  Object.values(ConditionType).filter((type) => type !== ConditionType.synchronizing),
);

const OWN_MANAGERS: ReadonlySet<string> = new Set(Object.values(FieldManager));

/** The declared objects of a cluster, by the Kubernetes client. */
export function openDeclared(config: KubeConfig, now: () => Date): DeclaredCluster {
  const objects = config.makeApiClient(CustomObjectsApi);
  const core = config.makeApiClient(CoreV1Api);
  const leases = config.makeApiClient(CoordinationV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  const refOf = ({ kind, metadata: { namespace, name } }: DeclaredManifest) => ({
    ...{ group, version, plural: PLURAL[kind], namespace, name },
  });

  const patch = async (object: DeclaredManifest, body: object): Promise<boolean> => {
    try {
      await objects.patchNamespacedCustomObject({ ...refOf(object), body, fieldManager }, mergePatch);
      return true;
    } catch (error) {
      if (isStatus(error, 404)) return false;
      throw clusterError(error, `patch ${PLURAL[object.kind]} ${labelOf(object)}`);
    }
  };

  const patchStatus = async (object: DeclaredManifest, status: object): Promise<void> => {
    try {
      const request = { ...refOf(object), body: { status }, fieldManager };
      await objects.patchNamespacedCustomObjectStatus(request, mergePatch);
    } catch (error) {
      if (!isStatus(error, 404)) throw clusterError(error, `patch ${PLURAL[object.kind]}/status ${labelOf(object)}`);
    }
  };

  const read = async (object: DeclaredManifest): Promise<DeclaredManifest | undefined> => {
    try {
      return (await objects.getNamespacedCustomObject(refOf(object), timeLimited)) as DeclaredManifest;
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw clusterError(error, `get ${PLURAL[object.kind]} ${labelOf(object)}`);
    }
  };

  return {
    async declared(kind, namespace) {
      const plural = PLURAL[kind];
      try {
        const list = (await (namespace === undefined
          ? objects.listCustomObjectForAllNamespaces({ group, version, plural }, timeLimited)
          : objects.listNamespacedCustomObject({ group, version, plural, namespace }, timeLimited))) as {
          readonly items: readonly DeclaredManifest[];
        };
        return list.items.map((item) => ({ ...item, apiVersion: DECLARED_API_VERSION, kind }));
      } catch (error) {
        if (isStatus(error, 404)) {
          throw new CommandError(`the cluster does not know ${plural} of ${DECLARED_API_VERSION}`, {
            remedy: "Install VolSync's CRDs, or Stowage's own in deploy/crds.",
          });
        }
        throw clusterError(error, `list ${plural} ${place(namespace)}`);
      }
    },

    async secretKeys(namespace, name) {
      try {
        const { data } = await core.readNamespacedSecret({ namespace, name }, timeLimited);
        return Object.keys(data ?? {}).sort();
      } catch (error) {
        if (isStatus(error, 404)) return 'Missing';
        if (isStatus(error, 401, 403)) return 'Forbidden';
        throw clusterError(error, `get secret ${namespace}/${name}`);
      }
    },

    async volsync() {
      try {
        const [held, deployed] = await Promise.all([
          leases.listLeaseForAllNamespaces({ fieldSelector: `metadata.name=${VOLSYNC_LEASE}` }, timeLimited),
          apps.listDeploymentForAllNamespaces({ labelSelector: VOLSYNC_SELECTOR }, timeLimited),
        ]);
        return readVolSyncState(
          held.items.map(({ metadata, spec }) => ({
            namespace: metadata?.namespace ?? '',
            ...(spec?.holderIdentity ? { holder: spec.holderIdentity } : {}),
            ...(spec?.leaseDurationSeconds ? { leaseDurationSeconds: spec.leaseDurationSeconds } : {}),
            ...(spec?.renewTime ? { renewTime: timeText(spec.renewTime) } : {}),
          })),
          deployed.items.map(({ metadata, spec }) => ({
            namespace: metadata?.namespace ?? '',
            name: metadata?.name ?? '',
            replicas: spec?.replicas ?? 1,
          })),
          now(),
        );
      } catch (error) {
        throw clusterError(error, 'list leases and deployments in all namespaces, which tells whether VolSync works');
      }
    },

    setControl: (object, control) => patch(object, { metadata: { annotations: { [Annotation.control]: control } } }),

    async withdraw(object) {
      const found = await read(object);
      if (!found) return false;
      const conditions = found.status?.conditions ?? [];
      const kept = conditions.filter(({ type }) => !OWN_CONDITIONS.has(type));
      if (kept.length < conditions.length) await patchStatus(object, { conditions: kept });
      // VolSync writes whole objects, which no ownership hinders; without these entries nothing of Stowage's is left.
      const marks = (await read(object))?.metadata.managedFields ?? [];
      const others = marks.filter(({ manager }) => !OWN_MANAGERS.has(manager ?? ''));
      return others.length === marks.length || (await patch(object, { metadata: { managedFields: others } }));
    },
  };
}

const timeText = (time: Date | string): string => (time instanceof Date ? time.toISOString() : time);
