import type { MoverProgress } from '../../workflows/progress.ts';

/**
 * Kopia's own Prometheus page (`--metrics-listen-addr`), as 0.21.1 serves it. Files that are unchanged since the
 * previous snapshot are not opened and count in none of its counters, so a backup's bytes are those really read.
 */
const Metric = {
  /** Bytes of source data read and hashed, before compression. */
  hashed: 'kopia_content_hashed_bytes_total',
  uploaded: 'kopia_blob_upload_bytes_total',
  /** Bytes handed to a restore, after decompression. */
  read: 'kopia_content_read_bytes_total',
} as const;

/** Bytes at one moment. */
export interface TransferSample {
  /** Milliseconds, any fixed origin. */
  readonly at: number;
  readonly bytesDone: number;
  readonly bytesUploaded: number;
}

export type TransferKind = 'backup' | 'restore';

/** Reads one page. Undefined when it is not Kopia's (a counter is missing until something counted: then 0). */
export function parseTransferSample(page: string, kind: TransferKind, at: number): TransferSample | undefined {
  if (!page.includes('kopia_')) return undefined;
  return {
    at,
    bytesDone: sumOf(page, kind === 'backup' ? Metric.hashed : Metric.read),
    bytesUploaded: kind === 'backup' ? sumOf(page, Metric.uploaded) : 0,
  };
}

export type TransferProgress = Pick<
  MoverProgress,
  'bytesDone' | 'bytesUploaded' | 'bytesTotal' | 'bytesPerSecond' | 'percent' | 'secondsLeft'
>;

/** How far back the rate looks, milliseconds: long enough to be calm, short enough to follow a stall. */
const RATE_WINDOW_MILLISECONDS = 15_000;

/** 100 is said by the end of the mover, never by a counter. */
const HIGHEST_RUNNING_PERCENT = 99;

/**
 * Rate, percent and time left from the samples so far (oldest first). For a backup percent is a lower bound: unchanged
 * files are passed over without being counted.
 */
export function estimateProgress(
  samples: readonly TransferSample[],
  kind: TransferKind,
  bytesTotal: number | undefined,
): TransferProgress {
  const last = samples.at(-1);
  if (!last) return bytesTotal === undefined ? {} : { bytesTotal };
  const first = samples.find((sample) => last.at - sample.at <= RATE_WINDOW_MILLISECONDS) ?? last;
  const seconds = (last.at - first.at) / 1000;
  const rate = seconds > 0 ? Math.max(0, Math.round((last.bytesDone - first.bytesDone) / seconds)) : undefined;
  const left = bytesTotal === undefined ? undefined : Math.max(0, bytesTotal - last.bytesDone);
  return {
    bytesDone: last.bytesDone,
    ...(kind === 'backup' ? { bytesUploaded: last.bytesUploaded } : {}),
    ...(bytesTotal === undefined ? {} : { bytesTotal }),
    ...(rate === undefined ? {} : { bytesPerSecond: rate }),
    ...(bytesTotal ? { percent: percentOf(last.bytesDone, bytesTotal) } : {}),
    ...(left !== undefined && rate ? { secondsLeft: Math.ceil(left / rate) } : {}),
  };
}

function percentOf(done: number, total: number): number {
  return Math.min(HIGHEST_RUNNING_PERCENT, Math.max(0, Math.floor((done / total) * 100)));
}

/** Sum over all label sets of one counter. */
function sumOf(page: string, name: string): number {
  let sum = 0;
  for (let at = page.indexOf(name); at !== -1; at = page.indexOf(name, at + name.length)) {
    if (at > 0 && page[at - 1] !== '\n') continue;
    const line = page.slice(at, lineEnd(page, at));
    const value = /^[^{\s]+(?:\{.*\})?\s+([0-9.eE+-]+)(?:\s|$)/.exec(line)?.[1];
    if (value !== undefined && nameOf(line) === name) sum += Number(value) || 0;
  }
  return Math.round(sum);
}

const nameOf = (line: string): string => /^[A-Za-z0-9_:]*/.exec(line)![0];

function lineEnd(page: string, from: number): number {
  const end = page.indexOf('\n', from);
  return end === -1 ? page.length : end;
}
