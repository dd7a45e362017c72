import { describe, expect, it } from 'vitest';
import { fileProblems, MAX_SOURCE_LINES, MAX_TEST_LINES, traces } from './file-rules.ts';
import { projectPaths, readProjectFile, sourceFiles } from './project-files.ts';

describe('files', () => {
  it('are short, named for what they hold, and read no environment', () => {
    expect(sourceFiles().flatMap(fileProblems)).toEqual([]);
  });

  it('hold no trace of a machine and no secret', () => {
    const texts = projectPaths().filter((path) => path !== 'test/architecture/files.test.ts');
    const found = texts.flatMap((path) => traces({ path, text: readProjectFile(path) }));
    expect(found).toEqual([]);
  });

  it('of generated kinds are not committed', () => {
    const generated = /(^|\/)(node_modules|dist|coverage|\.stowage)\/|\.(tsbuildinfo|tar|log|js)$/;
    expect(projectPaths().filter((path) => generated.test(path))).toEqual([]);
  });
});

describe('the checker', () => {
  const long = (lines: number): string => 'const x = 1;\n'.repeat(lines);

  it.each([
    ['cli/long.ts', long(MAX_SOURCE_LINES + 1)],
    ['test/a/long.test.ts', long(MAX_TEST_LINES + 1)],
    ['workers/config.ts', 'const home = process.env.HOME;'],
    ['activities/a.ts', "const { PATH } = process['env'];"],
    ['cli/utils.ts', ''],
    ['workers/helpers/a.ts', ''],
  ])('catches %s', (path, text) => {
    expect(fileProblems({ path, text })).toHaveLength(1);
  });

  it('lets programs, platform and short files pass', () => {
    for (const path of ['workers/main.ts', 'cli/main.ts', 'platform/a.ts', 'test/a.ts'])
      expect(fileProblems({ path, text: 'process.env.HOME\n' })).toEqual([]);
    expect(fileProblems({ path: 'cli/long.ts', text: long(MAX_SOURCE_LINES) })).toEqual([]);
  });

  it.each([
    'const kopia = "/root/.cache/kopia";',
    'cd /work/main && make',
    'const temporal = "/tmp/prebuilt/temporal";',
    '"resolved": "https://npm-registry.corp.internal/zod/-/zod-4.tgz"',
    'GOPROXY=https://goproxy.corp.internal/go',
    `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(64)}`,
    `token: ghp_${'a'.repeat(36)}`,
  ])('catches %s', (text) => {
    expect(traces({ path: 'docs/x.md', text })).toHaveLength(1);
  });

  it('lets example addresses and paths of pods pass', () => {
    const text =
      'https://example.com/registry/ http://127.0.0.1:8080/ /repository/data /var/lib/stowage /tmp/kopia-logs';
    expect(traces({ path: 'docs/x.md', text })).toEqual([]);
  });
});
