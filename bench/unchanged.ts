import { type BackupSample, runBackup } from './backup-run.ts';
import { openBareKopia } from './bare-kopia.ts';
import { type WithCpu, wasQuiet, withCpu } from './cpu.ts';
import type { Measurement } from './rows.ts';
import type { Stage } from './stage.ts';
import { runTrivialJob, type TrivialJobTimes } from './trivial-job.ts';
import { inTurns } from './turns.ts';
import { createVolume } from './volumes.ts';
import { withRequests } from './worker-metrics.ts';

/** 100 MiB in 200 files: the volume of embedded-cluster.md section 6. */
const CONTENT = { files: 200, bytesPerFile: 512 * 1024 };

const copyMethods = ['Direct', 'Snapshot'] as const;
type Method = (typeof copyMethods)[number];

/** The budget of the design. */
const AIMS = {
  Direct: { ratio: 0.7, requests: 10 },
  Snapshot: { ratio: 0.9, requests: 20 },
  cpuSeconds: 1.5,
  historyEvents: 40,
} as const;

interface BackupRound extends WithCpu<BackupSample> {
  readonly requests: Readonly<Record<string, number>>;
}

interface Round {
  readonly floor: WithCpu<TrivialJobTimes>;
  readonly backups: Readonly<Record<Method, BackupRound>>;
  /** Seconds. */
  readonly bareKopia: number;
}

export interface Outcome {
  readonly measurements: readonly Measurement[];
  /** Everything that was seen, for whoever wants to know where the time goes. */
  readonly details: unknown;
}

/** A backup of a volume that did not change, against a trivial Job and against Kopia alone; all taken in turns. */
export async function measureUnchanged(stage: Stage, repeat: number): Promise<Outcome> {
  const { log } = stage;
  log(`unchanged: a volume of ${CONTENT.files} files, ${(CONTENT.files * CONTENT.bytesPerFile) / 2 ** 20} MiB`);
  const volume = await createVolume(stage, 'unchanged-config', CONTENT);
  const bare = await openBareKopia(stage);
  try {
    // The first of each is no sample: it uploads, and makes the cache.
    for (const copyMethod of copyMethods) await runBackup(stage, volume.claim, { copyMethod });
    await bare.snapshot(volume.path);
    await runTrivialJob(stage, 'trivial-warm');
    const rounds: Round[] = [];
    for (let index = 0; index < repeat; index++) {
      rounds.push(await takeRound(stage, volume, bare, index));
      log(describeRound(rounds.at(-1)!, index + 1, repeat));
    }
    return { measurements: toMeasurements(rounds), details: rounds };
  } finally {
    await bare.close();
  }
}

async function takeRound(
  stage: Stage,
  { claim, path }: { readonly claim: string; readonly path: string },
  bare: Awaited<ReturnType<typeof openBareKopia>>,
  index: number,
): Promise<Round> {
  const takeBackup = (copyMethod: Method) => async (): Promise<BackupRound> => {
    const { value, requests } = await withRequests(stage, () => withCpu(() => runBackup(stage, claim, { copyMethod })));
    return { ...value, requests };
  };
  const { floor, bareKopia, ...backups } = await inTurns(index, {
    floor: () => withCpu(() => runTrivialJob(stage, `trivial-${index}`)),
    Direct: takeBackup('Direct'),
    Snapshot: takeBackup('Snapshot'),
    bareKopia: () => bare.snapshot(path),
  });
  return { floor, backups, bareKopia: bareKopia.process };
}

function toMeasurements(rounds: readonly Round[]): Measurement[] {
  const floor = (pick: (times: TrivialJobTimes) => number) => rounds.map((round) => pick(round.floor.value));
  const complete = { title: 'trivial Job, Complete', samples: floor(({ complete }) => complete) };
  return [
    { id: 'floor.started', title: 'trivial Job: container started', unit: 's', samples: floor((t) => t.started) },
    { id: 'floor.succeeded', title: 'trivial Job: pod Succeeded', unit: 's', samples: floor((t) => t.succeeded) },
    { id: 'floor.complete', title: 'trivial Job: Job Complete', unit: 's', samples: complete.samples },
    cpuMeasurement(
      'floor.cpu',
      'trivial Job: CPU of the machine, deletion included',
      rounds.map((round) => round.floor),
    ),
    ...copyMethods.flatMap((method) => backupMeasurements(rounds, method, complete)),
    {
      id: 'kopia.unchanged',
      title: 'bare kopia snapshot create, without change',
      unit: 's',
      samples: rounds.map((r) => r.bareKopia),
      against: complete,
    },
  ];
}

function backupMeasurements(
  rounds: readonly Round[],
  method: Method,
  complete: NonNullable<Measurement['against']>,
): Measurement[] {
  const name = method === 'Direct' ? 'direct backup' : 'backup with volume snapshot';
  const id = method.toLowerCase();
  const of = (pick: (round: BackupRound) => number) => rounds.map(({ backups }) => pick(backups[method]));
  const sum = (requests: Readonly<Record<string, number>>) => Object.values(requests).reduce((a, b) => a + b, 0);
  const { ratio, requests } = AIMS[method];
  return [
    {
      id: `${id}.proven`,
      title: `${name}: start to proven record`,
      unit: 's',
      samples: of((r) => r.value.proven),
      against: complete,
      aim: { of: 'ratio', atMost: ratio },
    },
    {
      id: `${id}.total`,
      title: `${name}: to the end of the run`,
      unit: 's',
      samples: of((r) => r.value.total),
      against: complete,
    },
    {
      id: `${id}.mover-start`,
      title: `${name}: Job posted to container running`,
      unit: 's',
      samples: of((r) => r.value.mover.start),
    },
    cpuMeasurement(
      `${id}.cpu`,
      `${name}: CPU of the machine`,
      rounds.map(({ backups }) => backups[method]),
    ),
    {
      id: `${id}.requests`,
      title: `${name}: Kubernetes API requests`,
      unit: 'count',
      samples: of((r) => sum(r.requests)),
      aim: { of: 'value', atMost: requests },
    },
    {
      id: `${id}.events`,
      title: `${name}: history events`,
      unit: 'count',
      samples: of((r) => r.value.historyEvents),
      aim: { of: 'value', atMost: AIMS.historyEvents },
    },
  ];
}

/** No verdict is given on a machine that was not quiet: the row says so instead. */
function cpuMeasurement(id: string, title: string, samples: readonly Omit<WithCpu<unknown>, 'value'>[]): Measurement {
  const quiet = wasQuiet(samples);
  return {
    id,
    title: quiet ? title : `${title} (the machine was NOT quiet)`,
    unit: 'CPU s',
    samples: samples.map(({ cpuSeconds }) => cpuSeconds),
    ...(quiet && id !== 'floor.cpu' ? { aim: { of: 'value', atMost: AIMS.cpuSeconds } } : {}),
  };
}

function describeRound({ floor, backups, bareKopia }: Round, index: number, repeat: number): string {
  const seconds = (value: number): string => `${value.toFixed(2)} s`;
  return `unchanged ${index}/${repeat}: trivial Job ${seconds(floor.value.complete)}, direct ${seconds(backups.Direct.value.proven)}, snapshot ${seconds(backups.Snapshot.value.proven)}, bare Kopia ${seconds(bareKopia)}`;
}
