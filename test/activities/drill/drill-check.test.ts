import { afterEach, describe, expect, test } from 'vitest';
import { buildDrillCheckJob } from '../../../activities/drill/check-job.ts';
import { lastLines } from '../../../activities/drill/check-language.ts';
import { createMoverActivities } from '../../../activities/mover-activities.ts';
import { type DrillRequest, resolveDrill } from '../../../api/drill-request.ts';
import type { DrillCheckInput } from '../../../workflows/drill/contract.ts';
import { claimBinder } from '../../fakes/claim-binder.ts';
import { InMemoryCluster } from '../../fakes/in-memory-cluster.ts';
import { type ContainerScript, jobRunner } from '../../fakes/job-runner.ts';
import { failureOf, NAMESPACE, OWN_RUN, restorePlan, settings, smallWorld } from '../small-world.ts';

const named = { image: 'sqlite', command: ['sqlite3', '/data/app.db', 'pragma integrity_check'] };

function inputOf(request: Partial<DrillRequest> = {}, privileged = false): DrillCheckInput {
  const { restore, check } = resolveDrill({ namespace: NAMESPACE, claim: 'app-config', check: named, ...request });
  return { run: OWN_RUN, request: restore, plan: { ...restorePlan, privileged }, check: check! };
}

let cluster: InMemoryCluster;
afterEach(() => cluster?.verifyControllers());

function world(run: ContainerScript) {
  cluster = new InMemoryCluster({ namespaces: [NAMESPACE], controllers: [jobRunner({ run }), claimBinder()] });
  const small = smallWorld(cluster);
  return { ...small, activities: createMoverActivities(small.dependencies) };
}

describe('the pod of a check', () => {
  const podOf = (request: Partial<DrillRequest> = {}, privileged = false) =>
    buildDrillCheckJob(inputOf(request, privileged), settings).spec!.template.spec!;

  test('has the restored data, writable, and nothing that a mover has: no Secret, no repository, no token', () => {
    const moverVolumes = [{ mountPath: 'nas', volumeSource: { secret: { secretName: 'app-volsync-secret' } } }];
    const pod = podOf({ moverVolumes, moverServiceAccount: 'mover' });
    expect(pod.volumes).toEqual([
      { name: 'data', persistentVolumeClaim: { claimName: 'stowage-drill-app-src-staging' } },
      { name: 'tempdir', emptyDir: {} },
    ]);
    expect(pod.containers).toHaveLength(1);
    expect(pod.containers[0]).toMatchObject({
      ...{ image: 'sqlite', command: named.command, args: [], env: [{ name: 'HOME', value: '/tmp' }] },
      volumeMounts: [
        { name: 'data', mountPath: '/data' },
        { name: 'tempdir', mountPath: '/tmp' },
      ],
    });
    expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    expect(pod).not.toHaveProperty('serviceAccountName');
    expect(JSON.stringify(pod)).not.toMatch(/secret|repository|KOPIA/i);
  });

  test('is the mover user, and fits the restricted profile', () => {
    const pod = podOf({ moverSecurityContext: { runAsUser: 568, fsGroup: 568 } });
    expect(pod.securityContext).toMatchObject({ runAsUser: 568, runAsNonRoot: true, fsGroup: 568 });
    expect(pod.containers[0]?.securityContext).toEqual({
      ...{ allowPrivilegeEscalation: false, privileged: false, readOnlyRootFilesystem: true },
      capabilities: { drop: ['ALL'] },
    });
    expect(podOf({}, true).securityContext).toMatchObject({ runAsUser: 0 });
  });

  test('has the time limit that a person names, on the pod', () => {
    const job = buildDrillCheckJob(inputOf({ check: { ...named, timeoutSeconds: 7 } }), settings);
    expect(job.spec?.template.spec?.activeDeadlineSeconds).toBe(7);
    expect(job.spec).not.toHaveProperty('activeDeadlineSeconds');
  });
});

describe('a check', () => {
  test('that exits with 0 passed, whatever it says, and its last lines are kept', async () => {
    const { activities, run } = world(({ log }) => {
      log('error: this is only a word');
      log('ok');
      return { exitCode: 0 };
    });
    await expect(run(() => activities.runDrillCheck(inputOf()))).resolves.toMatchObject({
      log: ['error: this is only a word', 'ok'],
    });
  });

  test('that exits otherwise is CheckFailed with what it said last, and is not tried again', async () => {
    const { activities, run } = world(({ log }) => {
      log('*** in database main ***');
      log('row 3 missing from index; password=hunter2hunter2');
      return { exitCode: 1 };
    });
    const failure = await failureOf(run(() => activities.runDrillCheck(inputOf())));
    expect(failure).toMatchObject({ type: 'CheckFailed', retryable: false });
    expect(failure.message).toContain('*** in database main *** | row 3 missing from index; password=[redacted]');
    expect(failure.message).not.toContain('hunter2');
  });

  test('that says nothing and fails is CheckFailed too', async () => {
    const { activities, run } = world(() => ({ exitCode: 3 }));
    expect(await failureOf(run(() => activities.runDrillCheck(inputOf())))).toMatchObject({
      type: 'CheckFailed',
      message: expect.stringContaining('exit code 3'),
    });
  });

  test('that the node drove out, or that had too little memory, proves nothing of the data', async () => {
    const { activities, run } = world(() => ({ exitCode: 137, reason: 'OOMKilled' }));
    expect(await failureOf(run(() => activities.runDrillCheck(inputOf())))).toMatchObject({ type: 'OutOfMemory' });
  });

  test('that was stopped at its time limit is CheckFailed and says so', async () => {
    const { activities, run } = world(({ pod }) => {
      cluster.update('Pod', pod, { status: { reason: 'DeadlineExceeded' } });
      return { exitCode: 137 };
    });
    const failure = await failureOf(run(() => activities.runDrillCheck(inputOf())));
    expect(failure).toMatchObject({ type: 'CheckFailed', retryable: false });
    expect(failure.message).toContain('did not end within 600 s');
  });
});

test('of a long log its end is kept, in bounds and without colours', () => {
  const lines = lastLines(
    Array.from({ length: 100 }, (_, i) => `\u001b[31mline ${i}\u001b[0m ${'y'.repeat(500)}`).join('\n'),
  );
  expect(lines).toHaveLength(20);
  expect(lines[0]).toMatch(/^line 80 y+…$/);
  expect(Math.max(...lines.map(({ length }) => length))).toBe(300);
});
