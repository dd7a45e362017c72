import type { Command } from 'commander';
import { Control } from '../../api/declared-object.ts';
import { identityOfSource } from '../../api/destination-identity.ts';
import type { DeclaredSource } from '../../api/replication-source.ts';
import { RetentionSchema } from '../../api/retention.ts';
import { DEFAULT_REPOSITORY } from '../../api/volume-request.ts';
import { type AdoptionPlan, planAdoption, selectNamed } from '../adoption.ts';
import type { ClusterClient } from '../cluster.ts';
import type { CliContext, CommandOutcome } from '../context.ts';
import { labelOf, type SecretKeys } from '../declared-objects.ts';
import { CommandError, UsageError } from '../errors.ts';
import { ExitCode, exitCodeHelp } from '../exit-codes.ts';
import { inspect } from '../inspect.ts';
import { renderAdoption } from '../output/adoption.ts';
import { startRun } from '../start.ts';
import { howToStopVolSync } from '../volsync-state.ts';
import { backupStart } from './backup.ts';
import { askFor, changeEach, untold } from './carry-out.ts';
import {
  addClusterOptions,
  type ClusterFlags,
  inNamespace,
  namespaceOf,
  readCluster,
  requireNames,
} from './cluster-options.ts';
import { collect, type RunCommand } from './volume-options.ts';

interface Flags extends ClusterFlags {
  readonly yes?: boolean;
  readonly repository: string;
  readonly approveRetention?: readonly string[];
}

const HELP = `
Shows for every source what the repository holds under its identity, what its declared retention would remove there, which
of its fields have no effect, and whether VolSync still acts on it. Changes nothing until told: with --yes, or by a yes at
the terminal. The repository must be the known one: run \`stowage init --adopt\` first. Named sources bring their destinations.

Examples:
  stowage adopt
  stowage adopt -n media
  stowage adopt -n media emby-src --yes
  stowage adopt --yes --approve-retention emby-src

${exitCodeHelp(['RepositoryNotFound', 'RepositoryChanged', 'WrongPassword', 'Forbidden', 'ClusterUnreachable'], ['untold', 'detach'])}`;

export function addAdoptCommand(program: Command, run: RunCommand): void {
  addClusterOptions(program.command('adopt').description('take sources and destinations over from VolSync'))
    .argument('[name...]', 'only these sources (and their destinations) or destinations')
    .option('--yes', 'do it')
    .option('--repository <name>', "Stowage's name of the repository", DEFAULT_REPOSITORY)
    .option(
      '--approve-retention <name>',
      'agree that the retention of this source removes what the table shows, and back it up now; several times for several',
      collect,
    )
    .addHelpText('after', HELP)
    .action((names: string[], flags: Flags, self: Command) => run(self, (context) => adopt(context, names, flags)));
}

async function adopt(context: CliContext, names: readonly string[], flags: Flags): Promise<CommandOutcome> {
  const namespace = namespaceOf(flags);
  const { repository, approveRetention = [] } = flags;
  const {
    cluster,
    world: all,
    volsync,
  } = await readCluster(context, {
    ...{ repository, namespace, asIfAdopted: true, mustKnowVolSync: true },
  });
  const within = inNamespace(all, namespace);
  requireNames(within, [...names, ...approveRetention]);
  const world = selectNamed(within, names);
  const sources = world.sources.flatMap(({ declared }) => declared ?? []);
  const [content, secrets, claims] = await Promise.all([
    inspect(context, repository, sources.map(inspected)),
    readSecrets(cluster, sources),
    readClaims(context, cluster, namespace),
  ]);
  const plan = planAdoption({
    ...{ world, volsyncActs: volsync.acting, access: content.access, secrets },
    inspected: new Map(content.sources.map((source) => [source.identity, source])),
    ...(claims && { claims }),
    named: ({ manifest }) => names.includes(manifest.metadata.name) || names.includes(labelOf(manifest)),
  });
  const { colors } = context.output;
  const shown = { plan, volsync, content, now: context.now() };
  const json = {
    volsync,
    repository: { name: repository, uniqueId: content.uniqueId, path: content.path ?? '', access: content.access },
    sources: plan.rows,
    destinations: plan.destinations.map(({ manifest }) => labelOf(manifest)),
  };
  const waiting = plan.sources.length + plan.destinations.length;
  if (volsync.acting && flags.yes) {
    throw new CommandError(
      `VolSync's operator works in this cluster (${volsync.seen.join('; ')}): nothing was adopted`,
      {
        remedy: `Stop it first: ${howToStopVolSync(volsync)}`,
      },
    );
  }
  if (waiting === 0 || volsync.acting) {
    const held = waiting > 0 || plan.rows.some(({ state }) => state === 'VolSyncActs');
    const exitCode = held ? ExitCode.Differences : ExitCode.Done;
    return { json, text: renderAdoption(colors, shown), exitCode };
  }
  const question = `Adopt ${plan.sources.length} sources and ${plan.destinations.length} destinations?`;
  const text = renderAdoption(colors, shown);
  const word = await askFor(context, flags.yes, question, text);
  if (word !== 'Yes') return untold(word, json, text);
  const done = await changeEach([...plan.sources, ...plan.destinations], (manifest) =>
    cluster.setControl(manifest, Control.adopted),
  );
  const started = await approve(context, plan, approveRetention);
  return {
    json: { ...json, ...done, started },
    text: renderAdoption(colors, { ...shown, done, approved: approveRetention, started }),
    exitCode: done.failed.length > 0 ? ExitCode.Failed : ExitCode.Done,
  };
}

/** What of a source decides about the snapshots that exist. */
const inspected = (source: DeclaredSource) => ({
  identity: identityOfSource(source),
  retain: RetentionSchema.parse(source.request.retain ?? {}),
  ...(source.request.compression === undefined ? {} : { compression: source.request.compression }),
});

/** Starts a backup that may remove what retention wants to remove; others are held until a person says so. */
async function approve(context: CliContext, plan: AdoptionPlan, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const client = await context.temporal();
  const started: string[] = [];
  for (const { manifest, declared } of plan.sources) {
    if (!declared || !(names.includes(manifest.metadata.name) || names.includes(labelOf(manifest)))) continue;
    const run = await startRun(client, backupStart({ ...declared.request, declared: true, approveRetention: true }));
    started.push(run.workflowId);
  }
  return started;
}

async function readSecrets(
  cluster: ClusterClient,
  sources: readonly DeclaredSource[],
): Promise<ReadonlyMap<string, SecretKeys>> {
  const names = new Set(sources.map(({ namespace, request }) => `${namespace}/${request.secretName}`));
  const found = new Map<string, SecretKeys>();
  for (const label of names) {
    const [namespace = '', name = ''] = label.split('/');
    found.set(label, await cluster.secretKeys(namespace, name));
  }
  return found;
}

/** Claims that may not be listed are no reason to stop: what is missing is only a remark. */
async function readClaims(
  { output }: CliContext,
  cluster: ClusterClient,
  namespace: string | undefined,
): Promise<ReadonlySet<string> | undefined> {
  try {
    const claims = await cluster.claims(namespace);
    return new Set(claims.map((claim) => `${claim.namespace}/${claim.name}`));
  } catch (error) {
    if (!(error instanceof CommandError) || error instanceof UsageError) throw error;
    output.note(output.colors.yellow(`claims are not looked at: ${error.message}`));
    return undefined;
  }
}
