import { type BackupSample, runBackup } from './backup-run.ts';
import { openBareKopia } from './bare-kopia.ts';
import { type RestoreSample, runRestore } from './restore-run.ts';
import type { Measurement } from './rows.ts';
import type { Stage } from './stage.ts';
import { inTurns } from './turns.ts';
import type { Outcome } from './unchanged.ts';
import { createVolume, removeVolume, settleDisk } from './volumes.ts';

const FILE_MIB = 16;

type BareSnapshot = { readonly id: string; readonly process: number; readonly data: number };
type BareRestore = { readonly process: number; readonly synced: number; readonly data: number };

interface Round {
  readonly backup: BackupSample;
  readonly bareBackup: BareSnapshot;
  readonly restore: RestoreSample;
  readonly bareRestore: BareRestore;
}

/** First backup and restore of much new data, against Kopia alone on the same volume and the same storage. */
export async function measureBulk(stage: Stage, repeat: number, mebibytes: number): Promise<Outcome> {
  const rounds: Round[] = [];
  for (let index = 0; index < repeat; index++) {
    rounds.push(await takeRound(stage, mebibytes, index));
    const { backup, bareBackup, restore, bareRestore } = rounds.at(-1)!;
    stage.log(
      `bulk ${index + 1}/${repeat}: ${mebibytes} MiB backed up in ${backup.proven.toFixed(2)} s (bare ${bareBackup.process.toFixed(2)} s), restored in ${restore.handedOver.toFixed(2)} s (bare, synced ${bareRestore.synced.toFixed(2)} s)`,
    );
  }
  return { measurements: toMeasurements(rounds, mebibytes), details: rounds };
}

/** Data that was never seen, in both repositories; ours goes first in every other round. */
async function takeRound(stage: Stage, mebibytes: number, index: number): Promise<Round> {
  const volume = await createVolume(stage, `bulk-${index}-config`, {
    files: Math.max(1, Math.round(mebibytes / FILE_MIB)),
    bytesPerFile: FILE_MIB * 2 ** 20,
  });
  const bare = await openBareKopia(stage);
  const settled =
    <T>(work: () => Promise<T>) =>
    async (): Promise<T> => {
      await settleDisk(stage);
      return await work();
    };
  try {
    const backups = await inTurns(index, {
      ours: settled(() => runBackup(stage, volume.claim, { copyMethod: 'Direct' })),
      bare: settled(() => bare.snapshot(volume.path)),
    });
    await removeVolume(stage, volume);
    const restores = await inTurns(index, {
      ours: settled(() => runRestore(stage, volume.claim)),
      bare: settled(() => bare.restore(backups.bare.id)),
    });
    await removeVolume(stage, volume);
    return { backup: backups.ours, bareBackup: backups.bare, restore: restores.ours, bareRestore: restores.bare };
  } finally {
    await bare.close();
  }
}

function toMeasurements(rounds: readonly Round[], mebibytes: number): Measurement[] {
  const rate = (pick: (round: Round) => number) => rounds.map((round) => mebibytes / pick(round));
  const seconds = (pick: (round: Round) => number) => rounds.map(pick);
  const size = mebibytes % 1024 === 0 ? `${mebibytes / 1024} GiB` : `${mebibytes} MiB`;
  return [
    {
      id: 'bulk.backup.rate',
      title: `first backup of ${size}: Kopia in the mover`,
      unit: 'MiB/s',
      samples: rate(({ backup }) => backup.mover.kopia),
      against: { title: 'bare Kopia', samples: rate(({ bareBackup }) => bareBackup.data) },
    },
    {
      id: 'bulk.backup.proven',
      title: `first backup of ${size}: start to proven record`,
      unit: 's',
      samples: seconds(({ backup }) => backup.proven),
      against: { title: 'bare Kopia, whole process', samples: seconds(({ bareBackup }) => bareBackup.process) },
    },
    {
      id: 'bulk.restore.rate',
      title: `restore of ${size}: data phase`,
      unit: 'MiB/s',
      samples: rate(({ restore }) => restore.data),
      against: { title: 'bare Kopia', samples: rate(({ bareRestore }) => bareRestore.data) },
      aim: { of: 'ratio', atLeast: 0.95 },
    },
    {
      id: 'bulk.restore.handed-over',
      title: `restore of ${size}: start to proven and handed over`,
      unit: 's',
      samples: seconds(({ restore }) => restore.handedOver),
      against: { title: 'bare Kopia with sync', samples: seconds(({ bareRestore }) => bareRestore.synced) },
      aim: { of: 'ratio', atMost: 1.5 },
    },
  ];
}
