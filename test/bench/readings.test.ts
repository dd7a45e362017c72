import { describe, expect, it } from 'vitest';
import { busySeconds, wasQuiet } from '../../bench/cpu.ts';
import { parseMetrics, requestsBetween, requestsOf, residentBytes } from '../../bench/metrics-page.ts';
import { logTime } from '../../bench/pod-log.ts';

describe('CPU of the machine', () => {
  it('is work: neither idling, nor waiting for a disk, nor what a hypervisor took', () => {
    //                          user nice system idle iowait irq softirq steal
    expect(busySeconds('cpu  1000 200 300 99999 55555 40 60 77777 0 0\ncpu0 1 2 3\n')).toBeCloseTo(16, 5);
  });

  it('of another text is refused', () => {
    expect(() => busySeconds('intr 1 2 3')).toThrow(RangeError);
  });

  it('means nothing as soon as one sample was taken beside other load', () => {
    expect(wasQuiet([{ idleLoad: 0.05 }, { idleLoad: 0.1 }])).toBe(true);
    expect(wasQuiet([{ idleLoad: 0.05 }, { idleLoad: 0.9 }])).toBe(false);
  });
});

describe("a worker's metrics page", () => {
  const page = (creates: number): string => `# HELP stowage_kubernetes_requests_total Kubernetes API requests
# TYPE stowage_kubernetes_requests_total counter
stowage_kubernetes_requests_total{verb="create",kind="Job",role="control"} ${creates}
stowage_kubernetes_requests_total{verb="watch",kind="Pod",role="movers"} 3
process_resident_memory_bytes{role="control"} 1.5e+08
temporal_request{operation="a \\"quoted\\" {name}"} 1
`;

  it('tells requests by verb and kind, and memory', () => {
    const samples = parseMetrics(page(2));
    expect(requestsOf(samples)).toEqual({ 'create Job': 2, 'watch Pod': 3 });
    expect(residentBytes(samples)).toBe(150_000_000);
  });

  it('is read with braces and quotes in a label', () => {
    expect(parseMetrics(page(1)).at(-1)?.labels.operation).toBe('a \\"quoted\\" {name}');
  });

  it('before and after gives what a run cost, and a worker that began anew is an error', () => {
    const [before, after] = [page(2), page(5)].map((text) => requestsOf(parseMetrics(text)));
    expect(requestsBetween(before!, after!)).toEqual({ 'create Job': 3 });
    expect(() => requestsBetween(after!, before!)).toThrow("'create Job' fell by 3");
  });

  it('without memory is an error', () => {
    expect(() => residentBytes([])).toThrow(RangeError);
  });
});

describe('the time of a line of log', () => {
  it('keeps what is below a millisecond', () => {
    const base = Date.parse('2026-11-23T21:00:01Z');
    expect(logTime('2026-11-23T21:00:01.250500000Z started')).toBeCloseTo(base + 250.5, 3);
    expect(logTime('2026-11-23T21:00:01Z started')).toBe(base);
  });

  it('is an error where there is none', () => {
    expect(() => logTime('started')).toThrow('begins with no time');
  });
});
