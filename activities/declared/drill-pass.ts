import { readKopiaRepository } from '../../api/kopia-repository.ts';
import type { DeclaredSource } from '../../api/replication-source.ts';
import type { RepositoryObject } from '../ports/cluster.ts';
import type { PassNotes, WatchDependencies } from './declared-context.ts';

/** Drills come once a month: their schedules wait until nothing changed for so long, and never hold up those of backups. */
const SETTLED = 30_000;

/** The schedules of the drills of every source that is acted on. */
export class DrillPass {
  readonly #dependencies: WatchDependencies;
  #done = '';
  #seen = '';
  #since = 0;

  constructor(dependencies: WatchDependencies) {
    this.#dependencies = dependencies;
  }

  /** Throws PortError when Temporal is away. */
  async run(
    sources: readonly DeclaredSource[],
    repositories: readonly RepositoryObject[],
    complete: boolean,
    notes: PassNotes,
  ): Promise<void> {
    const { clock, orchestrator } = this.#dependencies;
    const readings = repositories.map(readKopiaRepository);
    // Its drills might be declared otherwise: what they were stays.
    if (readings.some(({ kind }) => kind === 'Invalid')) return;
    const declared = readings.flatMap((reading) => (reading.kind === 'Repository' ? [reading.declared] : []));
    const wanted = JSON.stringify([sources.map(({ lastSyncTime: _, ...source }) => source), declared]);
    if (wanted !== this.#seen) {
      this.#seen = wanted;
      this.#since = clock.now();
    }
    if (wanted === this.#done && !complete) return;
    if (clock.now() < this.#since + SETTLED) return notes.lookAgain(this.#since + SETTLED);
    await orchestrator.syncDrills(sources, declared);
    this.#done = wanted;
  }
}
