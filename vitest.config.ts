import { defineConfig } from 'vitest/config';

/** Endings that say what a test needs beside Node. */
const needs = {
  kopia: 'test/**/*.kopia.test.ts',
  temporal: 'test/**/*.temporal.test.ts',
  cluster: 'test/**/*.cluster.test.ts',
  platform: ['test/**/*.platform.test.ts', 'test/platform/csi-conformance.test.ts'],
};

const rooms = ['architecture', 'replay', 'e2e', 'faults', 'rights'].map((room) => `test/${room}/**/*.test.ts`);

const aloneOnCluster = 'test/faults/**/*.alone.test.ts';

const project = (name: string, options: object) => ({ extends: true as const, test: { name, ...options } });

/** The real cluster is one machine: its tests get long limits, and a file has it for itself where timing matters. */
const onCluster = { globalSetup: 'test/cluster-setup.ts', hookTimeout: 300_000 };

export default defineConfig({
  test: {
    // A test that needs longer than the default says so itself.
    testTimeout: 20_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    projects: [
      project('fast', {
        include: ['test/**/*.test.ts'],
        exclude: [...rooms, ...Object.values(needs).flat()],
      }),
      project('architecture', { include: ['test/architecture/**/*.test.ts'], testTimeout: 60_000 }),
      project('replay', { include: ['test/replay/**/*.test.ts'], testTimeout: 60_000 }),
      project('kopia', { include: [needs.kopia], globalSetup: 'test/tools-setup.ts', testTimeout: 60_000 }),
      project('temporal', { include: [needs.temporal], globalSetup: 'test/tools-setup.ts', testTimeout: 60_000 }),
      project('platform', {
        include: needs.platform,
        globalSetup: 'test/tools-setup.ts',
        fileParallelism: false,
        testTimeout: 300_000,
        hookTimeout: 300_000,
      }),
      project('cluster', { ...onCluster, include: [needs.cluster], testTimeout: 120_000 }),
      project('e2e', {
        ...onCluster,
        include: ['test/e2e/**/*.test.ts'],
        fileParallelism: false,
        testTimeout: 300_000,
      }),
      // Each file has a world of its own; they mostly wait for time-outs, so two at once cost little.
      project('faults', {
        ...onCluster,
        include: ['test/faults/**/*.test.ts'],
        exclude: [aloneOnCluster],
        maxWorkers: 2,
        testTimeout: 300_000,
      }),
      // These take away what all others need, or promise a time.
      project('alone', { ...onCluster, include: [aloneOnCluster], fileParallelism: false, testTimeout: 300_000 }),
      // Judges what the workers of all of them asked of the platform's API server.
      project('rights', { ...onCluster, include: ['test/rights/**/*.test.ts'] }),
    ],
  },
});
