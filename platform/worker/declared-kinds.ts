import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { projectRoot } from '../project.ts';
import { applyObjects, type ClusterAccess, findObject, kubectl } from './kubectl.ts';
import type { KubernetesObject } from './objects.ts';

/** On what Stowage itself installed. */
const PART_OF = 'app.kubernetes.io/part-of';

/**
 * Installs the kinds that people declare (`deploy/crds`) where a cluster lacks them, and brings those that Stowage installed
 * to this version; one that VolSync brought stays as it is.
 * @throws PlatformError with kubectl's words.
 */
export async function ensureDeclaredKinds(access: ClusterAccess): Promise<void> {
  const wanted: KubernetesObject[] = [];
  for (const kind of await readDeclaredKinds(join(projectRoot(), 'deploy/crds'))) {
    const found = await findObject<KubernetesObject>(access, 'customresourcedefinition', kind.metadata.name);
    if (!found || found.metadata.labels?.[PART_OF] === kind.metadata.labels?.[PART_OF]) wanted.push(kind);
  }
  if (wanted.length === 0) return;
  await applyObjects(access, wanted);
  const names = wanted.map(({ metadata }) => `customresourcedefinition/${metadata.name}`);
  await kubectl(access, ['wait', ...names, '--for=condition=Established', '--timeout=60s']);
}

async function readDeclaredKinds(folder: string): Promise<KubernetesObject[]> {
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const objects = texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS()));
  return (objects as KubernetesObject[]).filter((object) => object?.kind === 'CustomResourceDefinition');
}
