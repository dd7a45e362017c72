import type { SourceFile } from './imports.ts';

/** Longest file of a room, lines; suites may be longer, because a table is read at a glance. */
export const MAX_SOURCE_LINES = 200;
export const MAX_TEST_LINES = 400;

/** The programs: they read their environment once and hand on typed values. */
const READS_ENVIRONMENT =
  /^(workers\/main|cli\/main|activities\/(checker|launcher|verifier)\/main)\.ts$|^(platform|demo|bench|test)\//;

/** Names that say nothing about what is inside. */
const EMPTY_NAME = /(^|\/)(utils?|helpers?|common|misc|lib)(\/|\.ts$)/;

/**
 * Traces of one machine or of a secret: home and work folders, private keys, tokens of well-known services, and hosts
 * that packages come from (those belong into a machine's own configuration).
 */
const TRACES: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a machine's folder", /(?<![\w.-])\/(root|home\/[a-z][\w-]*|work|tmp\/(brief|prebuilt|bash_jobs))\/[\w.-]/],
  ['a private key', /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*\n?\s*[A-Za-z0-9+/]{20}/],
  [
    'a token',
    /\b(ghp_[A-Za-z0-9]{30}|github_pat_[A-Za-z0-9_]{30}|AKIA[0-9A-Z]{16}|npm_[A-Za-z0-9]{30}|xox[bp]-[0-9A-Za-z-]{20})/,
  ],
  [
    "a package registry's host",
    /https?:\/\/(?!localhost|127\.|example\.)[\w.-]*\b(registry|mirror|artifactory|nexus|verdaccio|goproxy|proxy|pypi)\b[\w.-]*[:/]/,
  ],
];

/** What is wrong with one source file, in words. Pure. */
export function fileProblems({ path, text }: SourceFile): string[] {
  const limit = path.startsWith('test/') ? MAX_TEST_LINES : MAX_SOURCE_LINES;
  const lines = text.split('\n').length - 1;
  const environment = /\bprocess\s*\.\s*env\b|\bprocess\[['"]env/.test(text) && !READS_ENVIRONMENT.test(path);
  return [
    ...(lines > limit ? [`${path}: ${lines} lines, at most ${limit}`] : []),
    ...(environment ? [`${path}: reads process.env, which only the programs may`] : []),
    ...(EMPTY_NAME.test(path) ? [`${path}: the name says nothing about what is inside`] : []),
  ];
}

/** Traces in any committed text. Pure. */
export function traces({ path, text }: SourceFile): string[] {
  return TRACES.flatMap(([what, pattern]) => {
    const match = pattern.exec(text);
    return match ? [`${path}: ${what}: ${match[0].slice(0, 60)}`] : [];
  });
}
