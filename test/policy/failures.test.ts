import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FailureType, failureRules } from '../../workflows/failures.ts';

const table = readFileSync(new URL('../../docs/failures.md', import.meta.url), 'utf8');

/** The rows of docs/failures.md as they have to be. */
const rows = Object.values(FailureType).map((type) => {
  const { retryable, exitCode, remedy } = failureRules[type];
  return `| \`${type}\` | ${retryable ? 'yes' : 'no'} | ${exitCode} | ${remedy} |`;
});

describe('the table of failures', () => {
  it('in docs/failures.md is the one in the code', () => {
    expect(table.split('\n').filter((line) => line.startsWith('| `'))).toEqual(rows);
  });

  it('gives each type its own exit code, apart from 0 to 3', () => {
    const codes = Object.values(failureRules).map(({ exitCode }) => exitCode);
    expect(new Set(codes).size).toBe(codes.length);
    expect(Math.min(...codes)).toBeGreaterThanOrEqual(10);
  });
});
