import { EventEmitter, once } from 'node:events';
import { parseTransferSample } from '../activities/kopia/progress.ts';
import type { UploadReports } from '../activities/ports/upload-reports.ts';

/** Kopia's path for `--metrics-push-job=stowage --metrics-push-grouping=run:<id>`. */
const PATH = /^\/metrics\/job\/stowage\/run\/([0-9a-f-]{36})$/;

/** Runs that are remembered; the oldest goes first. */
const MAX_RUNS = 1_000;

/** The first push is a mover's start, the second its end. */
const START_AND_END = 2;

export interface UploadInbox extends UploadReports {
  /** Takes a pushed page; false when the path is none of a mover's. */
  receive(path: string, page: string): boolean;
}

/** Holds what movers push to this worker; numbers only, nothing of a page is kept. */
export function createUploadInbox(address: string | undefined): UploadInbox {
  const runs = new Map<string, { pushes: number; bytes: number }>();
  const ended = new EventEmitter().setMaxListeners(0);
  const finished = (runId: string): number | undefined => {
    const run = runs.get(runId);
    return run && run.pushes >= START_AND_END ? run.bytes : undefined;
  };
  return {
    address,
    receive(path, page) {
      const runId = PATH.exec(path)?.[1];
      if (!runId) return false;
      const pushes = (runs.get(runId)?.pushes ?? 0) + 1;
      const bytes = parseTransferSample(page, 'backup', Date.now())?.bytesUploaded ?? 0;
      runs.delete(runId);
      runs.set(runId, { pushes, bytes });
      for (const oldest of runs.keys()) if (runs.size > MAX_RUNS) runs.delete(oldest);
      if (pushes >= START_AND_END) ended.emit(runId);
      return true;
    },
    async final(runId, waitMilliseconds, signal) {
      if (runs.has(runId) && finished(runId) === undefined) {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(waitMilliseconds)]);
        await once(ended, runId, { signal: limit }).catch(() => undefined);
      }
      const bytes = finished(runId);
      runs.delete(runId);
      return bytes;
    },
  };
}
