/**
 * What movers say of themselves at their end: Kopia pushes its metrics when it starts and once more when it has written
 * everything. Its own output is printed before the last packs are written, so nothing else knows the final figure.
 */
export interface UploadReports {
  /** Where movers push to, `http://host:port`; undefined where they can't reach this worker. */
  readonly address: string | undefined;
  /**
   * Bytes that the run's mover wrote to the repository. Undefined when its start was never reported here (the worker was
   * replaced meanwhile, a network policy) or its end not within the time: then nothing is said rather than something wrong.
   */
  final(runId: string, waitMilliseconds: number, signal: AbortSignal): Promise<number | undefined>;
}
