import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compiledRoot, projectRoot } from '../project.ts';
import { buildImage, type Image, type ImageSpec } from './archive.ts';
import { keyOf } from './digest.ts';
import { ensureCached, type ImageOptions, imagesDirectory, pruneCached } from './image-cache.ts';
import { buildLayer, type LayerEntry } from './layer.ts';
import { ensureBaseLayer, ensureDependencyLayer } from './stowage-layers.ts';
import { IMAGE_USER_ID } from './system-files.ts';

/** What the image is made of; `compiled` and `project` are this checkout's unless given. */
export type StowageImageOptions = ImageOptions & {
  readonly kopia: string;
  /** Folder of the compiled project, `dist/` in a checkout. */
  readonly compiled?: string;
  /** Folder with package.json, package-lock.json and node_modules. */
  readonly project?: string;
};

/** The compiled rooms that run in a cluster; platform, demo and bench need packages that are not in the image. */
const rooms = ['api', 'schedules', 'workflows', 'activities', 'workers', 'cli', 'demo'];

const settings = {
  env: {
    NODE_ENV: 'production',
    HOME: '/tmp',
    PATH: '/bin:/usr/bin',
    SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt',
  },
  entrypoint: ['/bin/node'],
  cmd: ['/app/dist/workers/main.js'],
  user: `${IMAGE_USER_ID}:${IMAGE_USER_ID}`,
  workingDir: '/app',
} satisfies Partial<ImageSpec>;

/**
 * Stowage's own image: the compiled project on node, with Kopia at /kopia and no shell. Its tag is the digest of its content,
 * so a pod never runs another build than the one it names.
 * @throws PlatformError when a dependency is not installed or a library is missing.
 */
export async function ensureStowageImage(options: StowageImageOptions): Promise<Image> {
  const project = options.project ?? projectRoot();
  const [base, dependencies] = await Promise.all([
    ensureBaseLayer(options),
    ensureDependencyLayer({ ...options, project }),
  ]);
  const directory = imagesDirectory(options);
  await mkdir(directory, { recursive: true });
  const stage = await mkdtemp(join(directory, 'app-layer-'));
  try {
    const files = compiledEntries(options.compiled ?? compiledRoot(), project);
    const app = await buildLayer({ files }, join(stage, 'layer.tar'));
    const layers = [base, dependencies, app];
    const digest = keyOf([...layers.map((layer) => layer.digest), JSON.stringify(settings), process.arch]);
    const reference = `stowage.test/stowage:${digest}`;
    const tar = await ensureCached('stowage', digest, options, async (output) => {
      await buildImage({ reference, layers, ...settings, output });
    });
    await pruneCached('stowage', 3, options);
    return { reference, tar };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

function compiledEntries(compiled: string, project: string): LayerEntry[] {
  const keep = (relative: string): boolean => !/\.(map|d\.ts|tsbuildinfo)$/.test(relative);
  // Where it was made, a worker starts without webpack; it checks itself whether the bundle belongs to this code.
  const bundle = ['workflow-bundle.js', 'workflow-bundle.sha256'].filter((file) => existsSync(join(compiled, file)));
  return [
    ...bundle.map((file): LayerEntry => ({ from: join(compiled, file), to: `/app/dist/${file}`, mode: 0o644 })),
    ...rooms.map((room): LayerEntry => ({ tree: join(compiled, room), to: `/app/dist/${room}`, keep })),
    { from: join(project, 'package.json'), to: '/app/package.json', mode: 0o644 },
  ];
}
