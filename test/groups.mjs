/** What runs together in one vitest, in this order: cheap first, and what shares the platform one after another. */
export const groups = [
  { name: 'fast', projects: ['fast', 'architecture', 'replay'], needsPlatform: false },
  { name: 'kopia', projects: ['kopia', 'temporal'], needsPlatform: false },
  { name: 'platform', projects: ['platform'], needsPlatform: false },
  { name: 'cluster', projects: ['cluster'], needsPlatform: true },
  { name: 'e2e', projects: ['e2e'], needsPlatform: true },
  { name: 'faults', projects: ['faults'], needsPlatform: true },
  { name: 'alone', projects: ['alone'], needsPlatform: true },
  { name: 'rights', projects: ['rights'], needsPlatform: true },
];

/**
 * Counts of one vitest from its JSON report. A file that fails before its tests (a broken import, a failed hook) counts
 * as one failure, and so does a group without a report, without a test, or with another reason for its exit code. Pure.
 */
export function summarize(report, exitCode) {
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  const passed = report.numPassedTests ?? 0;
  const skipped = (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);
  const brokenFiles = (report.testResults ?? []).filter(
    ({ status, assertionResults = [] }) =>
      status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  );
  const failed = (report.numFailedTests ?? 0) + brokenFiles.length;
  const empty = passed + failed === 0;
  return { passed, skipped, failed: failed === 0 && (empty || exitCode !== 0) ? 1 : failed };
}

/** The last line of a run; skipped tests are named only when there are any. Pure. */
export function lastLine(summaries) {
  const sum = (key) => summaries.reduce((total, summary) => total + summary[key], 0);
  const skipped = sum('skipped');
  return `${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
