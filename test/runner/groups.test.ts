import { describe, expect, it } from 'vitest';
import config from '../../vitest.config.ts';
import { groups, lastLine, summarize } from '../groups.mjs';

describe('the test run', () => {
  it('holds every project once', () => {
    const projects = (config.test?.projects ?? []) as { test: { name: string } }[];
    const names = projects.map(({ test }) => test.name).sort();
    expect(groups.flatMap((group) => [...group.projects]).sort()).toEqual(names);
  });

  it('counts what passed, failed and was skipped', () => {
    const report = { numPassedTests: 5, numFailedTests: 2, numPendingTests: 1, numTodoTests: 1 };
    expect(summarize(report, 1)).toEqual({ passed: 5, failed: 2, skipped: 2 });
  });

  it('counts a file that broke before its tests as a failure', () => {
    const testResults = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [{ status: 'failed' }] },
      { status: 'passed', assertionResults: [{ status: 'passed' }] },
    ];
    expect(summarize({ numPassedTests: 1, numFailedTests: 1, testResults }, 1).failed).toBe(2);
  });

  it('never takes a group for passed that ran nothing, left no report or ended badly', () => {
    expect(summarize({ numPassedTests: 0, numPendingTests: 9 }, 0).failed).toBe(1);
    expect(summarize(undefined, 1).failed).toBe(1);
    expect(summarize({ numPassedTests: 5 }, 1).failed).toBe(1);
    expect(summarize({ numPassedTests: 5 }, 0).failed).toBe(0);
  });

  it('ends with one line, which names skipped tests only when there are any', () => {
    const clean = { passed: 2, failed: 0, skipped: 0 };
    expect(lastLine([clean, { passed: 1, failed: 1, skipped: 0 }])).toBe('3 passed, 1 failed');
    expect(lastLine([clean, { passed: 0, failed: 0, skipped: 4 }])).toBe('2 passed, 0 failed, 4 skipped');
  });
});
