import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { run } from '../host/run.ts';
import { type BuiltLayer, buildLayer, type LayerSpec } from './layer.ts';

/** What an image is: its name, its layers from the lowest, and how it is started. */
export type ImageSpec = {
  readonly reference: string;
  readonly layers: readonly (LayerSpec | BuiltLayer)[];
  readonly env?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  /** `uid` or `uid:gid`. */
  readonly user?: string;
  readonly workingDir?: string;
  /** Where the docker-archive goes. */
  readonly output: string;
};

/** An image as pods name it, and the docker-archive that holds it. */
export type Image = { readonly reference: string; readonly tar: string };

/**
 * Builds a docker-archive (`docker load`, `ctr images import`) without an image engine; the same spec gives the same bytes.
 * @throws PlatformError as `buildLayer`.
 */
export async function buildImage(spec: ImageSpec): Promise<Image> {
  await mkdir(dirname(spec.output), { recursive: true });
  const stage = await mkdtemp(`${spec.output}.archive-`);
  try {
    const layers: BuiltLayer[] = [];
    for (const [index, layer] of spec.layers.entries()) {
      layers.push('tar' in layer ? layer : await buildLayer(layer, join(stage, `layer-${index}.tar`)));
    }
    const config = renderConfig(
      spec,
      layers.map(({ digest }) => digest),
    );
    const configName = `${createHash('sha256').update(config).digest('hex')}.json`;
    const content = join(stage, 'content');
    await mkdir(content);
    await writeFile(join(content, configName), config);
    await writeFile(join(content, 'manifest.json'), renderManifest(spec.reference, configName, layers));
    // Linked, not copied: tar reads through the links.
    for (const { digest, tar } of layers)
      await symlink(resolve(tar), join(content, `${digest}.tar`)).catch(ignoreSameLayer);
    const normal = [
      '--dereference',
      '--hard-dereference',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--mode=0644',
    ];
    const names = ['manifest.json', configName, ...new Set(layers.map(({ digest }) => `${digest}.tar`))];
    const made = join(stage, 'image.tar');
    await run('tar', ['--create', '--file', made, '--format=gnu', ...normal, '--directory', content, '--', ...names]);
    await rename(made, spec.output);
    return { reference: spec.reference, tar: spec.output };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** The image's configuration as the OCI image specification defines it. Pure. */
export function renderConfig(spec: Omit<ImageSpec, 'layers' | 'output'>, digests: readonly string[]): string {
  const { env = {}, entrypoint, cmd, user, workingDir } = spec;
  return JSON.stringify({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: {
      Env: Object.entries(env)
        .map(([name, value]) => `${name}=${value}`)
        .sort(),
      ...(entrypoint && { Entrypoint: entrypoint }),
      ...(cmd && { Cmd: cmd }),
      ...(user && { User: user }),
      ...(workingDir && { WorkingDir: workingDir }),
    },
    rootfs: { type: 'layers', diff_ids: digests.map((digest) => `sha256:${digest}`) },
    history: digests.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'stowage platform/images' })),
  });
}

function renderManifest(reference: string, config: string, layers: readonly BuiltLayer[]): string {
  return JSON.stringify([
    { Config: config, RepoTags: [reference], Layers: layers.map(({ digest }) => `${digest}.tar`) },
  ]);
}

function ignoreSameLayer(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
