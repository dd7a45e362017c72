/** A running (or kept) platform as plain data; also written to `<directory>/platform.json`. */
export type Platform = {
  readonly name: string;
  readonly directory: string;
  readonly kubeconfig: string;
  readonly context: string;
  readonly nodeName: string;
  /** Address of the node: reached from this machine and from pods, from nowhere else. */
  readonly nodeAddress: string;
  /** There is no service network: pods reach the API server by these (KUBERNETES_SERVICE_HOST and _PORT). */
  readonly apiServer: { readonly host: string; readonly port: number };
  readonly podCidr: string;
  readonly temporal: { readonly address: string; readonly uiUrl: string; readonly namespace: string };
  readonly tools: Readonly<Record<string, string>>;
  /** Snapshots and clones at once, ReadWriteOnce. */
  readonly storageClass: string;
  /** Bound when its first pod is scheduled: what a cache claim uses. */
  readonly cacheStorageClass: string;
  /** One folder for every claim of the class, ReadWriteMany across namespaces: repositories. */
  readonly sharedStorageClass: string;
  /** Exactly the requested size, then 'no space left on device'. */
  readonly limitedStorageClass: string;
  readonly snapshotClass: string;
  /** Image references that pods on this node use. */
  readonly images: { readonly kopia: string; readonly app: string; readonly pause: string };
};
