import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

/** A Kubernetes object as it stands in a file. */
export type KubernetesObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
};

/** What a platform sets in the product's own manifests. */
export type WorkerTarget = {
  readonly image: string;
  readonly pullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  /** Environment of every worker; replaces or adds to what `deploy/settings.yaml` says. */
  readonly settings: Readonly<Record<string, string>>;
};

/** The name that stands for the product's image in `deploy/`; kustomize's `images` replaces the same one. */
const IMAGE_NAME = 'stowage';

type PodTemplate = {
  metadata?: { annotations?: Record<string, string> };
  spec: { containers: { image: string; imagePullPolicy?: string }[] };
};

/** Reads the resources of a kustomization in its order. */
export async function readManifests(folder: string): Promise<KubernetesObject[]> {
  const kustomization = parse(await readFile(join(folder, 'kustomization.yaml'), 'utf8')) as { resources: string[] };
  const texts = await Promise.all(kustomization.resources.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject));
}

/**
 * The manifests with image, pull policy and settings of one place put in. Pods carry a digest of the settings, so that
 * they are replaced when those change. Pure.
 */
export function buildWorkerObjects(manifests: readonly KubernetesObject[], target: WorkerTarget): KubernetesObject[] {
  const settings = settingsOf(manifests, target);
  const digest = createHash('sha256')
    .update(JSON.stringify(Object.entries(settings).sort()))
    .digest('hex')
    .slice(0, 16);
  return manifests.map((manifest) => {
    const object = structuredClone(manifest) as KubernetesObject & { data?: object; spec?: { template: PodTemplate } };
    if (object.kind === 'ConfigMap') return { ...object, data: settings };
    if (object.kind !== 'Deployment' || !object.spec) return object;
    const { template } = object.spec;
    template.metadata = {
      ...template.metadata,
      annotations: { ...template.metadata?.annotations, 'stowage.dev/settings-digest': digest },
    };
    for (const container of template.spec.containers) {
      if (container.image.split(':')[0] !== IMAGE_NAME) continue;
      container.image = target.image;
      container.imagePullPolicy = target.pullPolicy;
    }
    return object;
  });
}

function settingsOf(manifests: readonly KubernetesObject[], target: WorkerTarget): Record<string, string> {
  const written = manifests.find(({ kind }) => kind === 'ConfigMap')?.data as Record<string, string> | undefined;
  return { ...written, ...target.settings };
}
