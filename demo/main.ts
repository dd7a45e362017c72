#!/usr/bin/env node
// `npm run demo`: the reference's story on the embedded platform: declared in git, backed up, lost, back. Exit 0 and "demo: ok", or what differed.
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { checkContext, renderContextReport } from '../platform/context/check.ts';
import { errorText } from '../platform/errors.ts';
import { downPlatform, upPlatform } from '../platform/platform.ts';
import { ensureGitOpsFiles } from '../platform/toolchain/ensure.ts';
import type { Platform } from '../platform/types.ts';
import { readRepositoryPassword } from '../platform/worker/repository-objects.ts';
import { deployWorker } from '../platform/worker.ts';
import { classManifests, NAMESPACE } from './application.ts';
import { type DemoCluster, demoCluster } from './cluster.ts';
import { renderApplication } from './git.ts';
import { playScenario } from './scenario.ts';
import { createStory, type Story } from './story.ts';
import { stowageCommand } from './stowage.ts';
import { demoTemporal } from './temporal.ts';

interface Options {
  readonly name: string;
  readonly keep?: boolean;
  readonly size: number;
  readonly context?: string;
}

/** How many differences are told before the rest is only counted. */
const TOLD_DIFFERENCES = 20;

const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1000) throw new InvalidArgumentError('give MiB from 1 to 1000');
  return value;
};

async function demo(options: Options): Promise<number> {
  const started = Date.now();
  const story = createStory();
  if (options.context !== undefined) return await onOtherCluster(story, options.context);
  // Detail of long builds goes to stderr; the story stays on stdout.
  const log = (line: string): void => void process.stderr.write(`    ${line}\n`);
  story.chapter('The platform: real Kubernetes, CSI snapshots, Temporal and Kopia on this machine');
  const platform = await story.phase('platform up', () => upPlatform({ name: options.name, log }), describePlatform);
  let differences: string[];
  try {
    differences = await onPlatform(story, platform, options.size, log);
  } finally {
    if (options.keep) {
      story.line(`kept: export KUBECONFIG=${platform.kubeconfig}; Temporal UI ${platform.temporal.uiUrl}`);
      story.line(`take it down with: npm run platform -- down --name ${platform.name}`);
    } else {
      await story.phase('platform down', () => downPlatform(platform.name, { log: () => undefined }));
    }
  }
  return tellEnd(story, differences, (Date.now() - started) / 1000);
}

async function onPlatform(
  story: Story,
  platform: Platform,
  sizeMiB: number,
  log: (line: string) => void,
): Promise<string[]> {
  const worker = await story.phase(
    "Stowage's workers running as pods, under their own accounts",
    () => deployWorker(platform, { log }),
    ({ roles }) => roles.join(', '),
  );
  const cluster = demoCluster(platform.tools.kubectl!, platform.kubeconfig, NAMESPACE);
  const repositoryPassword = await readRepositoryPassword(platform);
  if (!repositoryPassword) throw new Error(`the Secret of the repository is missing in ${worker.namespace}`);
  await prepareCluster(cluster);
  const rendered = await renderApplication(platform.tools, {
    APP_IMAGE: platform.images.app,
    STOWAGE_IMAGE: worker.image,
    DEMO_MIB: String(sizeMiB),
    VOLSYNC_REPOSITORY_STORAGECLASS: platform.sharedStorageClass,
  });
  const { address, namespace, uiUrl } = platform.temporal;
  const temporal = await demoTemporal(address, namespace);
  const stowage = stowageCommand({
    KUBECONFIG: platform.kubeconfig,
    STOWAGE_TEMPORAL_ADDRESS: address,
    STOWAGE_TEMPORAL_NAMESPACE: namespace,
    STOWAGE_TEMPORAL_UI: uiUrl,
  });
  const stage = {
    story,
    cluster,
    stowage,
    temporal,
    rendered,
    repositoryPassword,
    stowageImage: worker.image,
    runs: [],
  };
  try {
    return await playScenario(
      stage,
      (workflowId, runId) =>
        `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}/${runId}/history`,
    );
  } finally {
    await temporal.close();
  }
}

/** What the cluster of the reference has before its applications: their classes, the kinds of External Secrets, the owner's leave. */
async function prepareCluster(cluster: DemoCluster): Promise<void> {
  const externalSecrets = join(await ensureGitOpsFiles({ onProgress: () => undefined }), 'crds');
  await cluster.read('apply', '--server-side', '-f', externalSecrets);
  await cluster.waitFor('crd/externalsecrets.external-secrets.io', 'condition=Established', 60);
  await cluster.apply(...classManifests());
  // The namespace's owner allows movers that may restore every owner and mode.
  await cluster.read('annotate', 'namespace', NAMESPACE, 'volsync.backube/privileged-movers=true', '--overwrite');
  await cluster.waitFor('serviceaccount/default', 'create', 60);
}

/** Another cluster is only looked at: its images and its Temporal are its owner's to choose (docs/other-cluster.md). */
async function onOtherCluster(story: Story, context: string): Promise<number> {
  const report = await checkContext(context);
  story.line(renderContextReport(report));
  story.line('the demo itself runs on the embedded platform; docs/other-cluster.md tells how to run Stowage on yours');
  return report.usable ? 0 : 1;
}

function tellEnd(story: Story, differences: readonly string[], seconds: number): number {
  if (differences.length === 0) {
    process.stdout.write(`\ndemo: ok (${seconds.toFixed(0)} s)\n`);
    return 0;
  }
  for (const difference of differences.slice(0, TOLD_DIFFERENCES)) story.line(difference);
  process.stdout.write(`\ndemo: FAILED: ${differences.length} differences\n`);
  return 1;
}

const describePlatform = (platform: Platform): string =>
  `node ${platform.nodeAddress}, Temporal ${platform.temporal.address}, UI ${platform.temporal.uiUrl}`;

const program = new Command('demo')
  .description('Back up a volume, lose it, and bring it back, on real parts; leaves nothing behind.')
  .option('--name <name>', 'name of the platform', 'demo')
  .option('--keep', 'leave the platform running, to look around')
  .option('--size <MiB>', "size of the application's large files", positive, 200)
  .option('--context <name>', 'look at a cluster of your kubeconfig instead, and say what is missing there')
  .action(async (options: Options) => {
    process.exitCode = await demo(options);
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stdout.write(`\ndemo: FAILED: ${errorText(error)}\n`);
  process.exitCode = 1;
}
