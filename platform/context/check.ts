/** Whether a cluster that a person has can stand in for the embedded one. */
export type ContextReport = {
  readonly context: string;
  readonly usable: boolean;
  readonly findings: readonly string[];
};

/** Placeholder, filled in below. */
export async function checkContext(context: string): Promise<ContextReport> {
  return { context, usable: false, findings: ['not checked'] };
}

/** Text of a report. Pure. */
export function renderContextReport(report: ContextReport): string {
  return report.findings.join('\n');
}
