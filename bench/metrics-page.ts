/** One sample of a Prometheus page. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+\d+)?$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** The samples of a page in Prometheus' text format; comments are left out. Pure. */
export function parseMetrics(page: string): MetricSample[] {
  return page.split('\n').flatMap((line) => {
    const match = line.startsWith('#') ? null : LINE.exec(line.trim());
    if (!match) return [];
    const [, name = '', labelText = '', value] = match;
    const labels = Object.fromEntries([...labelText.matchAll(LABEL)].map(([, key, text]) => [key, text]));
    return [{ name, labels, value: Number(value) }];
  });
}

/** Kubernetes API requests by `verb kind`, since the process began. Pure. */
export function requestsOf(samples: readonly MetricSample[]): Readonly<Record<string, number>> {
  const requests: Record<string, number> = {};
  for (const { name, labels, value } of samples) {
    if (name !== 'stowage_kubernetes_requests_total') continue;
    const key = `${labels.verb} ${labels.kind}`;
    requests[key] = (requests[key] ?? 0) + value;
  }
  return requests;
}

/** What came on top, without the kinds of request that did not happen. Pure. @throws RangeError when a process began anew. */
export function requestsBetween(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const entries = keys.map((key): [string, number] => [key, (after[key] ?? 0) - (before[key] ?? 0)]);
  const fallen = entries.find(([, count]) => count < 0);
  if (fallen)
    throw new RangeError(`the count of '${fallen[0]}' fell by ${-fallen[1]}: a worker was started anew meanwhile`);
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}

/** Resident memory of the process, bytes. Pure. @throws RangeError when the page does not say. */
export function residentBytes(samples: readonly MetricSample[]): number {
  const sample = samples.find(({ name }) => name === 'process_resident_memory_bytes');
  if (!sample) throw new RangeError('the metrics page has no process_resident_memory_bytes');
  return sample.value;
}
