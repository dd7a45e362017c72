import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { projectRoot } from '../project.ts';
import { applyObjects, type ClusterAccess, findObject, kubectl } from './kubectl.ts';
import type { KubernetesObject } from './objects.ts';

/**
 * Installs the kinds that people declare (`deploy/crds`) where a cluster lacks them; one that VolSync brought stays as it is.
 * @throws PlatformError with kubectl's words.
 */
export async function ensureDeclaredKinds(access: ClusterAccess): Promise<void> {
  const missing: KubernetesObject[] = [];
  for (const kind of await readDeclaredKinds(join(projectRoot(), 'deploy/crds'))) {
    if (!(await findObject(access, 'customresourcedefinition', kind.metadata.name))) missing.push(kind);
  }
  if (missing.length === 0) return;
  await applyObjects(access, missing);
  const names = missing.map(({ metadata }) => `customresourcedefinition/${metadata.name}`);
  await kubectl(access, ['wait', ...names, '--for=condition=Established', '--timeout=60s']);
}

async function readDeclaredKinds(folder: string): Promise<KubernetesObject[]> {
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const objects = texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS()));
  return (objects as KubernetesObject[]).filter((object) => object?.kind === 'CustomResourceDefinition');
}
