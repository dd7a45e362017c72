/** A Kubernetes object as it is applied. */
export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly [field: string]: unknown;
};

/**
 * What every platform has besides storage. Now and then the kubelet sees a new pod before the API server's node authorizer knows it,
 * is refused its secrets and volumes, and leaves the pod waiting for 15 s: this role ends that race. Pure.
 */
export function baseObjects(): Manifest[] {
  const name = 'stowage:nodes-read';
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name },
      rules: [
        {
          apiGroups: [''],
          resources: ['secrets', 'configmaps', 'persistentvolumeclaims', 'persistentvolumes'],
          verbs: ['get', 'list', 'watch'],
        },
        { apiGroups: ['storage.k8s.io'], resources: ['volumeattachments'], verbs: ['get', 'list', 'watch'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:nodes' }],
    },
  ];
}
