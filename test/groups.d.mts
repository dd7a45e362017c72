export interface Group {
  readonly name: string;
  readonly projects: readonly string[];
  readonly needsPlatform: boolean;
}

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The parts of vitest's JSON report that count. */
export interface Report {
  readonly numPassedTests?: number;
  readonly numFailedTests?: number;
  readonly numPendingTests?: number;
  readonly numTodoTests?: number;
  readonly testResults?: readonly {
    readonly status: string;
    readonly assertionResults?: readonly { readonly status: string }[];
  }[];
}

export declare const groups: readonly Group[];
export declare function summarize(report: Report | undefined, exitCode: number): Summary;
export declare function lastLine(summaries: readonly Summary[]): string;
