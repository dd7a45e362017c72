import { scheduleId } from '../../schedules/ids.ts';
import { condition, destinationManifest, sourceManifest, statusOf } from './declared.ts';
import { secretManifest } from './objects.ts';
import type { Seeded } from './seeded.ts';
import type { Volume } from './volume.ts';

/** What is declared of one application now; the end state follows from it. */
export interface EditedApp {
  readonly volume: Volume;
  readonly secret: string;
  /** Its claim may be lost: a destination brings it back. */
  readonly restorable: boolean;
  declared: boolean;
  minute: number;
  paused: boolean;
  manual: string | undefined;
  secretComplete: boolean;
}

let manualValues = 0;

/** One change as a person or a GitOps tool makes it, at random; returns what it was. */
export async function edit(app: EditedApp, random: Seeded): Promise<string> {
  const { kubectl } = app.volume.world;
  const { namespace, source, claim } = app.volume;
  const kinds = app.declared
    ? ['minute', 'paused', 'manual', 'secret', 'remove', ...(app.restorable ? ['lose'] : [])]
    : ['declare'];
  const kind = random.pick(kinds);
  switch (kind) {
    case 'minute':
      app.minute = random.below(60);
      break;
    case 'paused':
      app.paused = !app.paused;
      break;
    case 'manual':
      app.manual = app.manual === undefined || random.below(2) === 0 ? `value-${++manualValues}` : undefined;
      break;
    case 'secret':
      app.secretComplete = !app.secretComplete;
      await applySecret(app);
      break;
    case 'lose':
      await kubectl.run('delete', 'pvc', claim, '-n', namespace, '--wait=false', '--ignore-not-found');
      break;
    case 'remove':
      app.declared = false;
      await kubectl.run('delete', 'replicationsources.volsync.backube', source, '-n', namespace, '--ignore-not-found');
      break;
    case 'declare':
      app.declared = true;
      break;
  }
  if (app.declared) await applySource(app);
  return `${kind} ${source}`;
}

/** Replaced as a whole: what is not declared any more goes. */
export async function applySource({ volume, secret, minute, paused, manual }: EditedApp): Promise<void> {
  const trigger = { schedule: `${minute} * * * *`, ...(manual === undefined ? {} : { manual }) };
  const manifest = sourceManifest(volume, { repository: secret, copyMethod: 'Direct' }, trigger);
  await volume.world.kubectl.apply({ ...manifest, spec: { ...(manifest.spec as object), paused } });
}

export async function applySecret({ volume, secret, secretComplete }: EditedApp): Promise<void> {
  const { namespace, world } = volume;
  const password = secretComplete ? world.password : '';
  await world.kubectl.apply(secretManifest(namespace, secret, password));
}

export const applyDestination = ({ volume, secret }: EditedApp): Promise<void> =>
  volume.world.kubectl.apply(destinationManifest(volume, { repository: secret }));

/** What of one application is not as it is declared; empty when all is. */
export async function differences(app: EditedApp): Promise<string[]> {
  const { volume, declared, minute, paused, manual, secretComplete, restorable } = app;
  const { world, namespace, source, claim } = volume;
  const found: string[] = [];
  const schedule = await world.client.schedule
    .getHandle(scheduleId(namespace, source))
    .describe()
    .catch(() => undefined);
  if (!declared) return schedule ? [`${source}: has a schedule that nobody declares`] : [];
  if (!schedule) return [`${source}: has no schedule`];

  const comment = schedule.spec.calendars?.[0]?.comment ?? '';
  if (!comment.includes(`(${minute} * * * * UTC)`))
    found.push(`${source}: runs ${comment}, declared is minute ${minute}`);
  const held = paused || manual !== undefined || !secretComplete;
  if (schedule.state.paused !== held)
    found.push(`${source}: paused is ${schedule.state.paused} (${schedule.state.note})`);
  const status = await statusOf(volume, 'replicationsource', source);
  const protectedText = condition(status, 'Protected') ?? 'none';
  if (!secretComplete && !protectedText.startsWith('False/SecretInvalid')) found.push(`${source}: ${protectedText}`);
  const free = secretComplete && !paused;
  if (free && !protectedText.startsWith('True/')) found.push(`${source}: ${protectedText}`);
  if (free && manual !== undefined && status.lastManualSync !== manual)
    found.push(`${source}: manual ${manual} was not answered (${status.lastManualSync})`);
  if (status.lastSyncStartTime) found.push(`${source}: a run is under way`);
  if (restorable && secretComplete) {
    const phase = await world.kubectl.run('get', 'pvc', claim, '-n', namespace, '-o', 'jsonpath={.status.phase}');
    if (phase !== 'Bound') found.push(`${claim}: ${phase || 'is missing'}`);
  }
  return found;
}
