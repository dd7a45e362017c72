import type { Room } from './imports.ts';

/** What the rooms tell each other: names, inputs, results, failure types. No workflow function among them. */
const contracts = [
  /^workflows\/[a-z]+\/(inspect-)?contract\.ts$/,
  'workflows/failures.ts',
  'workflows/progress.ts',
  'workflows/task-queues.ts',
] as const;

const kubernetesTypes = '@kubernetes/client-node';

/** The table of design.md ("Rooms") and style.md section 3, for the tree as it is. The most special place comes first. */
export const rooms: readonly Room[] = [
  // When a schedule fires next is asked by the watch and the command line; no workflow reaches it.
  { path: 'api/next-tick.ts', may: ['api/', 'croner'] },
  { path: 'api/', may: ['zod'] },

  // Whoever starts a workflow reads its contract: names and types, nothing that runs.
  ...['backup/', 'restore/', 'care/', 'drill/', 'repository/', 'repository/inspect-', 'watch/'].map((domain) => ({
    path: `workflows/${domain}contract.ts`,
    may: [],
    mayTypes: ['api/', ...contracts],
  })),
  // Every package here runs inside the sandbox; the bundle's own test lists what may come along.
  { path: 'workflows/', may: ['api/', '@temporalio/workflow', '@temporalio/common', 'zod'] },

  // Ports say what Stowage needs: nothing in them can be called, apart from the error that all of them share.
  { path: 'activities/ports/', may: [], mayTypes: ['api/', ...contracts, kubernetesTypes] },
  {
    path: 'activities/kubernetes/',
    may: [
      'api/declared-object.ts',
      'activities/ports/',
      'node:',
      kubernetesTypes,
      '@kubernetes/client-node/dist/gen/models/ObjectSerializer.js',
    ],
    mayTypes: ['workflows/failures.ts'],
  },
  { path: 'activities/kopia/', may: ['api/', 'activities/ports/', ...contracts, 'node:', 'zod'] },
  // The programs of mover pods, where there is no Temporal and no cluster: the check, and what writes credentials for Kopia.
  ...['checker', 'launcher'].map((program) => ({
    path: `activities/${program}/`,
    may: ['api/', 'activities/kopia/', 'activities/ports/', ...contracts, 'node:', 'zod'],
  })),
  // The program of the verification Job: it runs as the check's does.
  {
    path: 'activities/verifier/',
    may: ['api/', 'activities/checker/', 'activities/kopia/', 'activities/ports/', ...contracts, 'node:', 'zod'],
  },
  {
    path: 'activities/',
    may: ['api/', ...contracts, 'node:', '@temporalio/activity', '@temporalio/common', 'zod'],
    mayTypes: [kubernetesTypes],
  },

  // Only these talk to Temporal, or speak its language; what they do was decided before, without a clock.
  ...['apply', 'current', 'temporal-options'].map((name) => ({
    path: `schedules/${name}.ts`,
    may: ['schedules/', 'api/', ...contracts, '@temporalio/client', '@temporalio/common'],
  })),
  { path: 'schedules/', may: ['api/', ...contracts, 'cronstrue'], mayTypes: ['@temporalio/client'] },

  // What of the command line talks to the cluster.
  ...['cli/cluster.ts', 'cli/cluster/'].map((path) => ({
    path,
    may: ['cli/', 'api/', ...contracts, 'node:', kubernetesTypes],
  })),
  {
    path: 'cli/',
    may: [
      ...['api/', 'schedules/', ...contracts, 'node:', '@temporalio/client', '@temporalio/common', '@temporalio/proto'],
      ...[
        'commander',
        '@clack/prompts',
        'cli-table3',
        'croner',
        'cronstrue',
        'picocolors',
        'pretty-bytes',
        'yaml',
        'zod',
      ],
    ],
  },

  {
    path: 'workers/',
    may: ['api/', 'schedules/', 'workflows/', 'activities/', /^(?!\.)(?!(cli|test|platform|demo|bench)\/)/],
  },

  // The platform serves any product; of this one it knows the manifests in deploy/ and the compiled programs.
  {
    path: 'platform/',
    may: [/^(?!\.)(?!(api|schedules|workflows|activities|workers|cli|demo|bench|test)\/)(?!@temporalio\/)/],
  },

  { path: 'demo/', may: ['platform/', 'api/', ...contracts, /^(?!\.)(?![a-z-]+\/)/] },
  {
    path: 'bench/',
    may: ['platform/', 'demo/', 'api/', 'activities/', 'schedules/', ...contracts, /^(?!\.)(?![a-z-]+\/)/],
  },

  { path: 'test/', may: [/./] },
  { path: 'vitest.config.ts', may: ['vitest/config'] },
];
