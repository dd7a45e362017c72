import { followBackup, runBackup, watchClaims } from './backup-run.ts';
import type { Measurement } from './rows.ts';
import type { Stage } from './stage.ts';
import { runTrivialJobs } from './trivial-job.ts';
import { inTurns } from './turns.ts';
import type { Outcome } from './unchanged.ts';
import { type BenchVolume, createVolume } from './volumes.ts';

/** What matters is how many there are, not how large: 10 MiB in 200 files each. */
const CONTENT = { files: 200, bytesPerFile: 50 * 1024 };

/** VolSync takes 3.6 to 5.6 of what as many trivial Jobs take; the aim is 0.4 of its best: 0.4 × 3.6. */
const AIM = 1.44;

const copyMethods = ['Direct', 'Snapshot'] as const;
type Method = (typeof copyMethods)[number];

interface Round {
  /** Seconds until the last of the trivial Jobs was Complete. */
  readonly trivial: number;
  /** Seconds until the last record was proven, and for a single volume right before. */
  readonly backups: Readonly<Record<Method, { readonly one: number; readonly all: number }>>;
}

/** Many volumes at once, all without change, against one of them and against as many trivial Jobs at once. */
export async function measureMany(stage: Stage, repeat: number, count: number): Promise<Outcome> {
  const { log } = stage;
  log(`many: ${count} volumes`);
  const volumes: BenchVolume[] = [];
  for (let index = 0; index < count; index++) volumes.push(await createVolume(stage, `many-${index}-config`, CONTENT));
  // The first of each is no sample: it uploads, and makes the cache.
  await backUpAll(stage, volumes, 'Direct');
  const rounds: Round[] = [];
  for (let index = 0; index < repeat; index++) {
    rounds.push(await takeRound(stage, volumes, index));
    const { trivial, backups } = rounds.at(-1)!;
    log(
      `many ${index + 1}/${repeat}: ${count} trivial Jobs ${trivial.toFixed(2)} s, direct ${backups.Direct.all.toFixed(2)} s, snapshot ${backups.Snapshot.all.toFixed(2)} s`,
    );
  }
  return { measurements: toMeasurements(rounds, count), details: rounds };
}

async function takeRound(stage: Stage, volumes: readonly BenchVolume[], index: number): Promise<Round> {
  const names = volumes.map((_, number) => `trivial-many-${index}-${number}`);
  const takeBackups = (copyMethod: Method) => async () => {
    const { proven: one } = await runBackup(stage, volumes[0]!.claim, { copyMethod });
    return { one, all: await backUpAll(stage, volumes, copyMethod) };
  };
  const { trivial, ...backups } = await inTurns(index, {
    trivial: async () => Math.max(...(await runTrivialJobs(stage, names)).map(({ complete }) => complete)),
    Direct: takeBackups('Direct'),
    Snapshot: takeBackups('Snapshot'),
  });
  return { trivial, backups };
}

/** Seconds from the first call to the last proven record. Returns when all runs have ended. */
async function backUpAll(stage: Stage, volumes: readonly BenchVolume[], copyMethod: Method): Promise<number> {
  const claims = await watchClaims(stage);
  try {
    const since = performance.now();
    const runs = volumes.map(({ claim }) => followBackup(stage, claims, claim, { copyMethod }, since));
    const ends = await Promise.allSettled(runs);
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
    return Math.max(...ends.map((end) => (end.status === 'fulfilled' ? end.value.proven : Number.NaN)));
  } finally {
    claims.close();
  }
}

function toMeasurements(rounds: readonly Round[], count: number): Measurement[] {
  const trivial = { title: `${count} trivial Jobs at once, Complete`, samples: rounds.map((round) => round.trivial) };
  return [
    { id: 'many.floor', title: trivial.title, unit: 's', samples: trivial.samples },
    ...copyMethods.flatMap((method): Measurement[] => {
      const name = method === 'Direct' ? 'direct backups' : 'backups with volume snapshot';
      const all = rounds.map(({ backups }) => backups[method].all);
      const one = rounds.map(({ backups }) => backups[method].one);
      const title = `${count} ${name} at once: last proven`;
      return [
        {
          id: `many.${method.toLowerCase()}`,
          title,
          unit: 's',
          samples: all,
          against: trivial,
          aim: { of: 'ratio', atMost: AIM },
        },
        {
          id: `many.${method.toLowerCase()}.one`,
          title,
          unit: 's',
          samples: all,
          against: { title: 'one of them alone', samples: one },
        },
      ];
    }),
  ];
}
