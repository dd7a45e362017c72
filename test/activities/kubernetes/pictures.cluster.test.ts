import type { CoreV1Event, V1Container, V1Job, V1PodSpec } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ConnectedCluster, connectCluster } from '../../../activities/kubernetes/client.ts';
import { moverStatus } from '../../../activities/kubernetes/job-status.ts';
import { type PodStatus, podStatus } from '../../../activities/kubernetes/pod-status.ts';
import { uniqueName } from '../../conformance/cluster-objects.ts';
import '../../provided.ts';

let cluster: ConnectedCluster;
const namespace = `pictures-${uniqueName()}`;
const restricted = `${namespace}-restricted`;
const strict = { 'pod-security.kubernetes.io/enforce': 'restricted' };

beforeAll(async () => {
  cluster = connectCluster({ type: 'Kubeconfig', path: inject('platform').kubeconfig });
  await cluster.create('Namespace', { metadata: { name: namespace } });
  await cluster.create('Namespace', { metadata: { name: restricted, labels: strict } });
});
afterAll(async () => {
  for (const name of [namespace, restricted]) await cluster.delete('Namespace', { name });
  cluster.close();
});

function jobOf(
  container: Partial<V1Container>,
  spec: Partial<V1PodSpec> = {},
  job: object = {},
  inNamespace = namespace,
): V1Job {
  const base = { name: 'main', image: inject('platform').images.app, imagePullPolicy: 'Never' };
  const podSpec = {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    containers: [{ ...base, ...container }],
    ...spec,
  };
  return {
    metadata: { namespace: inNamespace, name: uniqueName() },
    spec: { backoffLimit: 0, template: { spec: podSpec }, ...job },
  };
}

const shell = (script: string): Partial<V1Container> => ({ command: ['/bin/sh', '-c', script] });

/** Follows a Job's pod until its picture satisfies the condition. */
async function picture(job: V1Job, done: (status: PodStatus) => boolean): Promise<PodStatus> {
  await cluster.create('Job', job);
  const labels = `job-name=${job.metadata?.name}`;
  const signal = AbortSignal.timeout(60_000);
  let last: PodStatus | undefined;
  for await (const { object } of cluster.watch('Pod', { namespace, labels }, signal)) {
    last = podStatus(object, 'main');
    if (done(last)) return last;
  }
  throw new Error(`the picture did not come; last: ${JSON.stringify(last)}`);
}
const failed = ({ failure }: PodStatus): boolean => failure !== undefined;
const secretEnv = { name: 'KOPIA_PASSWORD', valueFrom: { secretKeyRef: { name: 'absent', key: 'KOPIA_PASSWORD' } } };

type Row = [what: string, job: () => V1Job, state: string, type: string | undefined, message: RegExp];
const table: Row[] = [
  ['an end without fault', () => jobOf(shell('exit 0')), 'Succeeded', undefined, /^$/],
  ['an exit code', () => jobOf(shell('exit 3')), 'Failed', 'MoverFailed', /exit code 3/],
  [
    'too little memory',
    () => jobOf({ ...shell('x=a; while true; do x=$x$x; done'), resources: { limits: { memory: '16Mi' } } }),
    'Failed',
    'OutOfMemory',
    /memory/,
  ],
  [
    'a command that is missing',
    () => jobOf({ command: ['/no/such/program'] }),
    'Failed',
    'MoverFailed',
    /could not be started.*no such file/s,
  ],
  [
    'an image that is missing',
    () => jobOf({ image: 'stowage.test/absent:1' }),
    'Waiting',
    'ImageUnavailable',
    /ErrImageNeverPull/,
  ],
  [
    'a Secret that is missing',
    () => jobOf({ ...shell('exit 0'), env: [secretEnv] }),
    'Waiting',
    'SecretMissing',
    /secret "absent" not found/,
  ],
  [
    'too much cpu',
    () => jobOf({ ...shell('exit 0'), resources: { requests: { cpu: '900' } } }),
    'Waiting',
    'Unschedulable',
    /Insufficient cpu/,
  ],
  [
    'a claim that is missing',
    () => jobOf(shell('exit 0'), { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'absent' } }] }),
    'Waiting',
    'Unschedulable',
    /persistentvolumeclaim "absent" not found/,
  ],
];

describe('the real kubelet and scheduler', () => {
  it.concurrent.each(table)('show %s as we read it', async (_, job, state, type, message) => {
    const status = await picture(job(), type === undefined ? ({ state: now }) => now === 'Succeeded' : failed);
    expect(status).toMatchObject({ state, ...(type && { failure: { type } }) });
    expect(status.failure?.message ?? '').toMatch(message);
  });

  it('show a pod that was deleted while it ran, although it ends with 0, as driven out', async () => {
    const job = jobOf(shell('trap "exit 0" TERM; while true; do sleep 0.1; done'), {
      terminationGracePeriodSeconds: 5,
    });
    // Keeps the pod's object until its end was seen.
    job.spec!.template.metadata = { finalizers: ['example.com/look'] };
    let name = '';
    await cluster.create('Job', job);
    const labels = `job-name=${job.metadata?.name}`;
    for await (const { object } of cluster.watch('Pod', { namespace, labels }, AbortSignal.timeout(60_000))) {
      const status = podStatus(object, 'main');
      name = object.metadata?.name ?? '';
      if (status.state === 'Running' && !status.failure) await cluster.delete('Pod', { namespace, name });
      if (status.state !== 'Failed') continue;
      expect(status).toMatchObject({ exitCode: 0, failure: { type: 'Evicted' } });
      break;
    }
    await cluster.patch('Pod', { namespace, name }, { metadata: { finalizers: null } });
  });

  it('show a Job whose pods are refused by its event alone', async () => {
    const job = jobOf(shell('exit 0'), {}, {}, restricted);
    await cluster.create('Job', job);
    const events: CoreV1Event[] = [];
    for await (const { object } of cluster.watch('Event', { namespace: restricted }, AbortSignal.timeout(60_000))) {
      events.push(object);
      if (moverStatus({ job, events }).failure) break;
    }
    expect(moverStatus({ job, events })).toMatchObject({
      state: 'Waiting',
      failure: { type: 'Forbidden', message: expect.stringContaining('violates PodSecurity "restricted') },
    });
  });

  it('show a deadline on the Job', async () => {
    const job = jobOf(shell('sleep 600'), { terminationGracePeriodSeconds: 0 }, { activeDeadlineSeconds: 1 });
    const { namespace: _n, name = '' } = (await cluster.create('Job', job))?.metadata ?? {};
    for await (const { object } of cluster.watch('Job', { namespace, name }, AbortSignal.timeout(60_000))) {
      const status = moverStatus({ job: object });
      if (status.state === 'Waiting') continue;
      expect(status).toMatchObject({
        state: 'Failed',
        failure: { message: expect.stringContaining('DeadlineExceeded') },
      });
      break;
    }
  });
});
