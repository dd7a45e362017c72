import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: 'ReplicationSource' | 'ReplicationDestination';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

const FOLDER = join(import.meta.dirname, '../fixtures/manifests');

/** Manifests in the shapes of public GitOps repositories, by file, put into one namespace. */
export function publicManifests(namespace: string): ReadonlyMap<string, readonly Manifest[]> {
  return new Map(
    readdirSync(FOLDER).map((file) => [
      file,
      parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8')).map((document) => {
        const manifest = document.toJS() as Manifest;
        return { ...manifest, metadata: { ...manifest.metadata, namespace } };
      }),
    ]),
  );
}
