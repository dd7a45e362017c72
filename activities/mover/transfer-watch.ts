import type { TransferProgress } from '../kopia/progress.ts';
import { estimateProgress, parseTransferSample, type TransferKind, type TransferSample } from '../kopia/progress.ts';

/** More samples say nothing more about the rate of the last seconds. */
const MAX_SAMPLES = 60;

/** A mover's progress from the pages that were scraped of it. */
export class TransferWatch {
  readonly #kind: TransferKind;
  readonly #bytesTotal: number | undefined;
  readonly #samples: TransferSample[] = [];

  constructor(kind: TransferKind, bytesTotal: number | undefined) {
    this.#kind = kind;
    this.#bytesTotal = bytesTotal;
  }

  /** `at` in milliseconds. */
  take(page: string, at: number): void {
    const sample = parseTransferSample(page, this.#kind, at);
    if (!sample) return;
    this.#samples.push(sample);
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
  }

  progress(): TransferProgress {
    return estimateProgress(this.#samples, this.#kind, this.#bytesTotal);
  }
}
