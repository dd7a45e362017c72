import { describe, expect, it } from 'vitest';
import { findBreaches, importsOf } from './imports.ts';
import { sourceFiles } from './project-files.ts';
import { rooms } from './rooms.ts';

describe('the rooms', () => {
  it('import only what the table allows', () => {
    const files = sourceFiles();
    expect(files.length).toBeGreaterThan(200);
    expect(findBreaches(files, rooms)).toEqual([]);
  });
});

describe('the checker', () => {
  const breaches = (path: string, text: string) => findBreaches([{ path, text }], rooms).map(({ imports }) => imports);

  it.each([
    ['api/a.ts', "import { x } from '../workflows/failures.ts';"],
    ['workflows/a/w.ts', "import { readFile } from 'node:fs/promises';"],
    ['workflows/a/w.ts', "import type { A } from '../../activities/a.ts';"],
    ['workflows/a/w.ts', "export { x } from '../../schedules/ids.ts';"],
    ['workflows/a/w.ts', "import * as pino from 'pino';"],
    ['workflows/backup/contract.ts', "import { resolveBackup } from '../../api/backup-request.ts';"],
    ['workflows/backup/contract.ts', "import type { Steps } from './steps.ts';"],
    ['workflows/a/w.ts', "import '../../workers/main.ts';"],
    ['workflows/a/w.ts', "const os = await import('node:os');"],
    ['workflows/a/w.ts', "import {\n  a,\n  b,\n} from '#alias';"],
    ['activities/a/x.ts', "import { backupVolume } from '../../workflows/backup/workflow.ts';"],
    ['activities/a/x.ts', "import { KubeConfig } from '@kubernetes/client-node';"],
    ['activities/a/x.ts', "import { plan } from '../../schedules/plan.ts';"],
    ['activities/kubernetes/x.ts', "import { buildKopiaConfig } from '../kopia/config.ts';"],
    ['activities/kopia/x.ts', "import type { V1Job } from '@kubernetes/client-node';"],
    ['activities/ports/x.ts', "import { failureRules } from '../../workflows/failures.ts';"],
    ['activities/ports/x.ts', "import type { Objects } from '../kubernetes/objects.ts';"],
    ['schedules/plan.ts', "import { ScheduleClient } from '@temporalio/client';"],
    ['schedules/plan.ts', "import { setTimeout } from 'node:timers/promises';"],
    ['cli/x.ts', "import { connectCluster } from '../activities/kubernetes/client.ts';"],
    ['cli/x.ts', "import { Worker } from '@temporalio/worker';"],
    ['cli/x.ts', "import { backupVolume } from '../workflows/backup/workflow.ts';"],
    ['workers/x.ts', "import { render } from '../cli/output/table.ts';"],
    ['workers/x.ts', "import { upPlatform } from '../platform/platform.ts';"],
    ['platform/x.ts', "import type { Retention } from '../api/retention.ts';"],
    ['platform/csi/x.ts', "import { Client } from '@temporalio/client';"],
    ['demo/x.ts', "import { connectCluster } from '../activities/kubernetes/client.ts';"],
    ['helpers/x.ts', ''],
  ])('catches in %s: %s', (path, text) => {
    expect(breaches(path, text)).toHaveLength(1);
  });

  it.each([
    [
      'workflows/a/w.ts',
      "import type { Duration } from '@temporalio/common';\nimport { x } from '../../api/names.ts';",
    ],
    ['workflows/a/w.ts', "import { type Duration, type Other } from '@temporalio/common';"],
    ['activities/a/x.ts', "import type { V1Job } from '@kubernetes/client-node';"],
    ['activities/a/x.ts', "// import { x } from '../../cli/main.ts';\n * import { y } from '../../cli/main.ts';"],
    ['activities/ports/x.ts', "import type { FailureType } from '../../workflows/failures.ts';"],
    ['workers/x.ts', "import { connectCluster } from '../activities/kubernetes/client.ts';\nimport pino from 'pino';"],
    ['platform/x.ts', "const line = `import x from '../api/names.ts'`;\nimport { execa } from 'execa';"],
  ])('lets pass in %s: %s', (path, text) => {
    expect(breaches(path, text)).toEqual([]);
  });

  it('reads every form of import', () => {
    const text = "import a from 'a';\nimport 'b';\nexport * from 'c';\nimport type { D } from 'd';\nawait import('e');";
    expect(importsOf(text).map(({ specifier }) => specifier)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});
