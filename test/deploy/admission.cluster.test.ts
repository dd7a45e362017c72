import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { injectRepository } from '../../workflows/care/inject-repository.ts';
import '../provided.ts';
import { type ApiServer, startApiServer } from '../servers/api-server.ts';
import { createKubectl, type Kubectl } from '../system/kubectl.ts';
import { until } from '../system/until.ts';
import { container, lackingJob, otherJob, type WrittenJob, writtenJob } from '../workflows/maintenance-jobs.ts';
import { build, parseObjects } from './render.ts';

const { tools, kubeconfig } = inject('platform');
const claim = { claimName: 'kopia' };
/** No policy is bound here. */
const PLAIN = 'admission-plain';

const handMade: readonly WrittenJob[] = [
  writtenJob({ metadata: { name: 'kopia-maint-no-volumes' }, containers: [container('kopia')] }),
  writtenJob({ metadata: { generateName: 'kopia-maint-' }, containers: [container('kopia')] }),
  writtenJob({
    metadata: { name: 'kopia-maint-empty-lists' },
    volumes: [],
    containers: [container('a', { volumeMounts: [] })],
  }),
  writtenJob({
    metadata: { name: 'kopia-maint-several' },
    volumes: [{ name: 'cache', emptyDir: {} } as { name: string }],
    containers: [
      container('kopia', { volumeMounts: [{ name: 'cache', mountPath: '/cache' }] }),
      container('own', { volumeMounts: [{ name: 'cache', mountPath: '/repository' }] }),
      container('slash', { volumeMounts: [{ name: 'cache', mountPath: '/repository/' }] }),
      container('relative', { volumeMounts: [{ name: 'cache', mountPath: 'repository' }] }),
      container('below', { volumeMounts: [{ name: 'cache', mountPath: '/repository/cache' }] }),
      container('beside', { volumeMounts: [{ name: 'cache', mountPath: '/repositories' }] }),
    ],
    pod: { initContainers: [container('wait')] },
  }),
  // Its mount names a volume that only the policy brings.
  writtenJob({
    metadata: { name: 'kopia-maint-counts-on-it' },
    containers: [container('kopia', { volumeMounts: [{ name: 'repository', mountPath: '/mnt/r', readOnly: true }] })],
  }),
  writtenJob({
    metadata: { name: 'kopia-maint-own-repository' },
    volumes: [{ name: 'repository', emptyDir: {} } as { name: string }],
    containers: [container('kopia')],
  }),
  writtenJob({ metadata: { name: 'kopia-main' }, containers: [container('kopia')] }),
  writtenJob({ metadata: { name: 'other', generateName: 'kopia-maint-' }, containers: [container('kopia')] }),
];

/** The generated shapes of the pure function's own tests, always the same ones. */
const generated = [
  ...fc.sample(lackingJob, { seed: 20261125, numRuns: 30 }),
  ...fc.sample(otherJob, { seed: 20261125, numRuns: 15 }),
];

/** What the API server would store, without what it makes up anew for each Job. */
async function dryRun(kubectl: Kubectl, namespace: string, jobs: readonly WrittenJob[]): Promise<object[]> {
  const text = jobs.map((job) => JSON.stringify({ ...job, metadata: { ...job.metadata, namespace } })).join('\n---\n');
  return parseObjects(await kubectl.pipe(text, 'create', '--dry-run=server', '-o', 'yaml', '-f', '-')).map(({ spec }) =>
    specOf(spec),
  );
}

function specOf(jobSpec: unknown): object {
  const {
    selector: _,
    template,
    ...spec
  } = structuredClone(jobSpec) as {
    selector?: object;
    template: { metadata: { labels: Record<string, string> } };
  };
  for (const name of Object.keys(template.metadata.labels))
    if (/(^|\/)(controller-uid|job-name)$/.test(name)) delete template.metadata.labels[name];
  return { ...spec, template };
}

const hasRepository = (spec: object): boolean =>
  (spec as WrittenJob['spec']).template.spec.volumes?.some(({ name }) => name === 'repository') === true;

const probe = handMade.slice(0, 1);
const untilPolicy = (kubectl: Kubectl, acts: boolean) =>
  until(`a policy that ${acts ? 'acts' : 'is gone'}`, 60, async () => {
    const [spec] = await dryRun(kubectl, 'volsync-system', probe);
    return hasRepository(spec!) === acts;
  });

const install = async (kubectl: Kubectl, policy: readonly object[], namespaces: readonly string[]): Promise<void> => {
  const named = [...namespaces, PLAIN].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  await kubectl.apply(...named, ...policy);
  await untilPolicy(kubectl, true);
};

const remove = (kubectl: Kubectl): Promise<string> =>
  kubectl.run(
    ...['delete', 'mutatingadmissionpolicy,mutatingadmissionpolicybinding', 'stowage-repository-injection'],
    '--ignore-not-found',
  );

/** The same for each version of the API: the policy and the pure function make the same Job of each shape. */
function agrees(kubectl: () => Kubectl, namespaces: readonly string[]): void {
  describe.each(namespaces)('in %s, policy and pure function make the same Job of', (namespace) => {
    it.each([
      ['what people write', handMade],
      ['45 generated shapes', generated],
    ])('%s', async (_, jobs) => {
      const injected = jobs.map((job) => injectRepository(job, claim));
      const byPolicy = await dryRun(kubectl(), namespace, jobs);
      expect(byPolicy).toEqual(await dryRun(kubectl(), PLAIN, injected));
      // Neither agrees by doing nothing, or by doing it to all.
      const touched = jobs.map((job, index) => job !== injected[index]);
      expect(byPolicy.map(hasRepository)).toEqual(injected.map((job) => hasRepository(job.spec)));
      expect(new Set(touched)).toEqual(new Set([true, false]));
      // What the policy made it leaves alone, and so does the function.
      expect(await dryRun(kubectl(), namespace, injected)).toEqual(byPolicy);
    });
  });

  it('other namespaces are not touched', async () => {
    expect((await dryRun(kubectl(), PLAIN, probe)).filter(hasRepository)).toEqual([]);
  });
}

describe('v1, on the platform', () => {
  const kubectl = createKubectl(tools.kubectl!, kubeconfig);
  const namespace = 'volsync-system';

  beforeAll(async () => install(kubectl, await build(tools, 'deploy/admission'), [namespace]));
  afterAll(async () => {
    await remove(kubectl);
    await kubectl.run('delete', 'namespace', namespace, PLAIN, '--ignore-not-found', '--timeout=120s');
  });

  agrees(() => kubectl, [namespace]);

  it('a Job that the CronJob controller makes gets the repository', async () => {
    const { metadata: _, spec } = handMade[3]!;
    const name = 'kopia-maint-daily-0123456789abcdef';
    const cronJob = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name, namespace },
      spec: { schedule: '0 * * * *', jobTemplate: { spec } },
    };
    await kubectl.apply(cronJob);
    // One run was missed, so the controller makes it up now.
    const lastScheduleTime = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+/, '');
    const patch = JSON.stringify({ status: { lastScheduleTime } });
    await kubectl.run('patch', 'cronjob', name, '-n', namespace, '--subresource=status', '--type=merge', '-p', patch);
    const made = await until('a Job of the CronJob', 60, async () => (await kubectl.list(namespace, 'jobs'))[0]);
    expect(made.metadata.name).toMatch(/^kopia-maint-daily-0123456789abcdef-\d+$/);
    const written = { ...handMade[3]!, metadata: { name: made.metadata.name } };
    expect([specOf(made.spec)]).toEqual(await dryRun(kubectl, PLAIN, [injectRepository(written, claim)]));
  });
});

describe('v1beta1, on an API server that serves it and reads expressions as Kubernetes 1.34 does', () => {
  const namespaces = ['volsync-system', 'stowage-system'];
  let server: ApiServer;

  beforeAll(async () => {
    // 1.34 compiles new expressions with what 1.33 knew.
    const args = ['--min-compatibility-version=1.33', '--runtime-config=admissionregistration.k8s.io/v1beta1=true'];
    server = await startApiServer(tools, ...args);
    await install(server.kubectl, await build(tools, 'deploy/admission/v1beta1'), namespaces);
  });
  afterAll(() => server?.stop());

  agrees(() => server.kubectl, namespaces);

  it('what only 1.34 added to the language is refused there', async () => {
    const [policy] = await build(tools, 'deploy/admission/v1beta1');
    const newer = structuredClone(policy) as unknown as { spec: { variables: { expression: string }[] } };
    newer.spec.variables[0]!.expression = 'lists.range(3)';
    await expect(server.kubectl.apply(newer)).rejects.toThrow(/undeclared reference to 'lists/);
  });

  it('removed, it touches nothing; with the NFS folder of docs/maintenance.md it injects that', async () => {
    const { kubectl } = server;
    await remove(kubectl);
    await untilPolicy(kubectl, false);
    const page = await readFile(new URL('../../docs/maintenance.md', import.meta.url), 'utf8');
    const expression = /^ +value: '(\{.*"nfs".*\})'$/m.exec(page)?.[1];
    const [policy, binding] = await build(tools, 'deploy/admission/v1beta1');
    const other = structuredClone(policy) as unknown as { spec: { variables: { expression: string }[] } };
    other.spec.variables[0]!.expression = expression!;
    await install(kubectl, [other, binding!], namespaces);
    const injected = injectRepository(probe[0]!, { nfs: { server: 'nas.example', path: '/volume1/kopia' } });
    expect(await dryRun(kubectl, namespaces[0]!, probe)).toEqual(await dryRun(kubectl, PLAIN, [injected]));
  });
});
