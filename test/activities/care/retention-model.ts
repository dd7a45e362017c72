import type { Retention } from '../../../api/retention.ts';

/**
 * What a retention policy means, from what Kopia tells its users: each tier keeps the newest snapshot of each of its most
 * recent hours, days, ISO weeks, months and years (`--keep-hourly`: "number of most-recent hourly backups to keep"), and
 * what no tier keeps goes. Written without a look at activities/kopia/retention.ts, in another way: whole periods are
 * counted here, snapshots are walked there. Two things were seen on the real Kopia and are not in its help: a tier
 * reaches back no further than its number of periods from the newest snapshot, and with all tiers at 0 nothing goes.
 */
export interface ModelSnapshot {
  readonly id: string;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** 1970-01-01 was a Thursday; ISO weeks begin on Mondays. */
const THURSDAY = 3;

const monthOf = (at: number): number => new Date(at).getUTCFullYear() * 12 + new Date(at).getUTCMonth();

/** The same day and time some months earlier; a day that month lacks runs over into the next. */
function monthsEarlier(at: number, months: number): number {
  const date = new Date(at);
  date.setUTCMonth(date.getUTCMonth() - months);
  return date.getTime();
}

/** Ids that are kept of the snapshots of one source. */
export function keptByModel(snapshots: readonly ModelSnapshot[], retain: Retention): Set<string> {
  const { latest, hourly, daily, weekly, monthly, yearly } = retain;
  if (latest + hourly + daily + weekly + monthly + yearly === 0) return new Set(snapshots.map(({ id }) => id));
  const byAge = [...snapshots].sort((a, b) => b.at - a.at);
  const newest = byAge[0]?.at ?? 0;

  const newestOfEach = (period: (at: number) => number, count: number, reach: number): string[] => {
    const newestIn = new Map<number, ModelSnapshot>();
    for (const snapshot of snapshots) {
      const known = newestIn.get(period(snapshot.at));
      if (!known || snapshot.at > known.at) newestIn.set(period(snapshot.at), snapshot);
    }
    return [...newestIn.entries()]
      .sort(([a], [b]) => b - a)
      .slice(0, count)
      .map(([, snapshot]) => snapshot)
      .filter(({ at }) => at >= reach)
      .map(({ id }) => id);
  };

  return new Set([
    ...byAge.slice(0, latest).map(({ id }) => id),
    ...newestOfEach((at) => Math.floor(at / HOUR), hourly, newest - hourly * HOUR),
    ...newestOfEach((at) => Math.floor(at / DAY), daily, newest - daily * DAY),
    ...newestOfEach((at) => Math.floor((at / DAY + THURSDAY) / 7), weekly, newest - weekly * 7 * DAY),
    ...newestOfEach(monthOf, monthly, monthsEarlier(newest, monthly)),
    ...newestOfEach((at) => new Date(at).getUTCFullYear(), yearly, monthsEarlier(newest, 12 * yearly)),
  ]);
}
