import type { CoreV1Event, V1Job, V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { moverStatus } from '../../../activities/kubernetes/job-status.ts';
import { PodState, podStatus } from '../../../activities/kubernetes/pod-status.ts';
import type { FailureType } from '../../../workflows/failures.ts';

const second = (n: number): Date => new Date(Date.UTC(2026, 10, 23, 21, 0, n));
const terminated = (exitCode: number, reason: string, message?: string, finishedAt = second(10)): V1Pod => ({
  metadata: { name: 'mover-1' },
  // The phase lags behind the container.
  status: {
    phase: 'Pending',
    containerStatuses: [container({ terminated: { exitCode, reason, finishedAt, ...(message && { message }) } })],
  },
});
const container = (state: object) => ({ name: 'kopia', image: '', imageID: '', ready: false, restartCount: 0, state });
const waiting = (reason: string, message = ''): V1Pod => ({
  status: { phase: 'Pending', containerStatuses: [container({ waiting: { reason, message } })] },
});
const unschedulable = (message: string): V1Pod => ({
  status: {
    phase: 'Pending',
    conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
  },
});

/** A pod that was asked to go at second `at`, with a grace period. */
const deleted = (pod: V1Pod, at: number, grace = 30): V1Pod => ({
  ...pod,
  metadata: { name: 'mover-1', deletionTimestamp: second(at + grace), deletionGracePeriodSeconds: grace },
});
const disrupted = (pod: V1Pod, at: number): V1Pod => ({
  ...pod,
  status: {
    ...pod.status,
    conditions: [
      {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'EvictionByEvictionAPI',
        message: 'evicting',
        lastTransitionTime: second(at),
      },
    ],
  },
});
const running: V1Pod = {
  status: { phase: 'Running', containerStatuses: [container({ running: { startedAt: second(1) } })] },
};

type Row = [picture: string, pod: V1Pod, state: string, type: FailureType | undefined, message?: string];
const table: Row[] = [
  ['a container that ended well', terminated(0, 'Completed'), 'Succeeded', undefined],
  ['memory limit exceeded, phase still Pending', terminated(137, 'OOMKilled', 'log tail'), 'Failed', 'OutOfMemory'],
  ['killed by somebody else', terminated(137, 'Error'), 'Failed', 'MoverFailed', 'exit code 137'],
  ['a command that fails', terminated(1, 'Error', 'ERROR no such file'), 'Failed', 'MoverFailed', 'ERROR no such file'],
  [
    'a command that is missing',
    terminated(128, 'StartError', 'exec: "/nope"'),
    'Failed',
    'MoverFailed',
    'could not be started: exec: "/nope"',
  ],
  ['a node that lost the container', terminated(137, 'ContainerStatusUnknown'), 'Failed', 'Evicted'],
  [
    'an image that is missing, policy Never',
    waiting('ErrImageNeverPull', 'not present'),
    'Waiting',
    'ImageUnavailable',
    'ErrImageNeverPull: not present',
  ],
  ['an image that cannot be pulled', waiting('ErrImagePull', 'no such host'), 'Waiting', 'ImageUnavailable'],
  ['an image that is tried again', waiting('ImagePullBackOff', 'Back-off'), 'Waiting', 'ImageUnavailable'],
  ['an image with an impossible name', waiting('InvalidImageName'), 'Waiting', 'ImageUnavailable'],
  [
    'a Secret that is missing',
    waiting('CreateContainerConfigError', 'secret "app-volsync-secret" not found'),
    'Waiting',
    'SecretMissing',
    'app-volsync-secret',
  ],
  [
    'a key that is missing',
    waiting('CreateContainerConfigError', "couldn't find key KOPIA_PASSWORD in Secret demo/s"),
    'Waiting',
    'SecretInvalid',
  ],
  [
    'another error of the configuration',
    waiting('CreateContainerConfigError', 'container has runAsNonRoot and image will run as root'),
    'Waiting',
    'MoverFailed',
  ],
  ['a runtime that cannot make the container', waiting('CreateContainerError', 'x'), 'Waiting', 'MoverFailed'],
  [
    'no room on any node',
    unschedulable('0/1 nodes are available: 1 Insufficient cpu.'),
    'Waiting',
    'Unschedulable',
    'Insufficient cpu',
  ],
  [
    'a claim that is not bound',
    unschedulable('pod has unbound immediate PersistentVolumeClaims'),
    'Waiting',
    'Unschedulable',
  ],
  ['a container that is being made', waiting('ContainerCreating'), 'Waiting', undefined],
  ['a pod that nobody looked at yet', { status: { phase: 'Pending' } }, 'Waiting', undefined],
  ['a container that runs', running, 'Running', undefined],
  [
    'node pressure',
    { status: { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' } },
    'Failed',
    'Evicted',
    'low on resource',
  ],
  [
    'a node that shuts down',
    { status: { phase: 'Failed', reason: 'NodeShutdown', message: 'x' } },
    'Failed',
    'Evicted',
  ],
  [
    'a deadline',
    { status: { phase: 'Failed', reason: 'DeadlineExceeded', message: 'Pod was active too long' } },
    'Failed',
    'MoverFailed',
    'DeadlineExceeded',
  ],
  ['evicted by the API, still running', disrupted(running, 5), 'Running', 'Evicted', 'EvictionByEvictionAPI: evicting'],
  // On SIGTERM Kopia exits 0 with an incomplete snapshot: it must not count.
  ['evicted, then ended with 0', disrupted(terminated(0, 'Completed'), 5), 'Failed', 'Evicted'],
  ['ended with 0, evicted later', disrupted(terminated(0, 'Completed'), 11), 'Succeeded', undefined],
  ['deleted while it runs', deleted(running, 5), 'Running', 'Evicted', 'was deleted'],
  ['deleted, then ended with 0 in its grace period', deleted(terminated(0, 'Completed'), 8), 'Failed', 'Evicted'],
  ['ended in the second of its deletion', deleted(terminated(0, 'Completed'), 10), 'Failed', 'Evicted'],
  ['ended, then deleted', deleted(terminated(0, 'Completed'), 11), 'Succeeded', undefined],
  ['deleted before it started', deleted(waiting('ContainerCreating'), 5), 'Waiting', 'Evicted'],
];

describe('a pod', () => {
  it.each(table)('%s', (_, pod, state, type, message) => {
    const status = podStatus(pod, 'kopia');
    expect(status.state).toBe(state);
    expect(status.failure?.type).toBe(type);
    if (message) expect(status.failure?.message).toContain(message);
  });

  it('names what is awaited, its exit code and its times', () => {
    expect(podStatus(waiting('ContainerCreating'))).toEqual({
      state: PodState.Waiting,
      waitingFor: 'ContainerCreating',
    });
    expect(podStatus(terminated(3, 'Error'))).toMatchObject({ exitCode: 3, finishedAt: second(10) });
    expect(podStatus(running)).toMatchObject({ state: PodState.Running, startedAt: second(1) });
  });

  it('keeps long texts of the kubelet short, with their end', () => {
    const { failure } = podStatus(terminated(1, 'Error', `${'x'.repeat(5000)} the end`));
    expect(failure?.message.length).toBeLessThan(800);
    expect(failure?.message).toMatch(/the end$/);
  });
});

describe('a mover', () => {
  const job = (...conditions: [type: string, reason: string][]): V1Job => ({
    status: { conditions: conditions.map(([type, reason]) => ({ type, reason, status: 'True', message: 'words' })) },
  });
  const warning = (reason: string, message: string): CoreV1Event => ({
    type: 'Warning',
    reason,
    message,
    involvedObject: {},
    metadata: {},
  });

  it('without a pod because pods like it are refused', () => {
    const events = [
      warning('FailedCreate', 'Error creating: pods "x" is forbidden: violates PodSecurity "restricted:latest"'),
    ];
    const failure = { type: 'Forbidden', message: expect.stringContaining('violates PodSecurity') };
    expect(moverStatus({ job: job(), events })).toMatchObject({ state: 'Waiting', failure });
  });

  it('with a volume that can not be mounted', () => {
    const events = [warning('FailedMount', 'MountVolume.SetUp failed for volume "repository"')];
    const failure = { type: 'ProvisioningFailed', message: expect.stringContaining('repository') };
    expect(moverStatus({ job: job(), pod: waiting('ContainerCreating'), events })).toMatchObject({ failure });
  });

  it('is told from its pod before the Job knows, and from the Job when the pod is gone', () => {
    expect(moverStatus({ job: job(), pod: terminated(0, 'Completed') }).state).toBe('Succeeded');
    expect(moverStatus({ job: job(['SuccessCriteriaMet', 'x']) }).state).toBe('Waiting');
    expect(moverStatus({ job: job(['SuccessCriteriaMet', 'x'], ['Complete', 'x']) }).state).toBe('Succeeded');
    expect(moverStatus({ job: job(['FailureTarget', 'x'], ['Failed', 'DeadlineExceeded']) })).toMatchObject({
      state: 'Failed',
      failure: { type: 'MoverFailed', message: 'DeadlineExceeded: words' },
    });
    expect(moverStatus({ job: job(['Failed', 'BackoffLimitExceeded']) }).failure?.type).toBe('Evicted');
  });

  it('waits while nothing is there yet', () => {
    expect(moverStatus({})).toEqual({ state: 'Waiting', waitingFor: 'Pod' });
  });
});
