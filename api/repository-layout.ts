/**
 * Where in its volume a repository may lie, relative to the volume's root: at the root (VolSync's moverVolumes, Stowage's
 * own), where the legacy `repositoryPVC` kept it, and where a shared mount of `/repository` held it (compatibility.md 4.1).
 */
export const REPOSITORY_LAYOUTS = ['', 'repository', 'repository/repository'] as const;
export type RepositoryLayout = (typeof REPOSITORY_LAYOUTS)[number];

/** True for a place that `stowage init --adopt` can have recorded; anything else was written by somebody else. */
export const isRepositoryLayout = (path: string): path is RepositoryLayout =>
  (REPOSITORY_LAYOUTS as readonly string[]).includes(path);

/** A layout's folder below a mount (pure text; no link is followed). */
export const layoutPath = (mount: string, layout: string): string => (layout === '' ? mount : `${mount}/${layout}`);
