/** How folders are kept and copied. */
export const BackendKind = { Btrfs: 'btrfs', Directory: 'directory' } as const;
export type BackendKind = (typeof BackendKind)[keyof typeof BackendKind];

/**
 * Where volumes and snapshots live: named folders (`volumes/<id>`, `snapshots/<id>`, `shared/<name>`) that can be copied at a point in time.
 * It knows nothing of CSI. All methods may be repeated after a crash in the middle.
 */
export interface VolumeBackend {
  readonly kind: BackendKind;
  /** Makes the storage usable, also after a reboot or a SIGKILL. */
  open(): Promise<void>;
  exists(name: string): Promise<boolean>;
  /** Makes an empty folder; one that is already there is replaced. */
  create(name: string): Promise<void>;
  /** Copies a folder with every property of its files; whatever a cut-off copy left under `to` is replaced. */
  copy(from: string, to: string, options: { readonly readOnly: boolean }): Promise<void>;
  /** Removes a folder; a missing one is removed already. */
  remove(name: string): Promise<void>;
  /** The folder's path on this machine. */
  folder(name: string): string;
}
