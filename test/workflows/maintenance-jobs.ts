import fc from 'fast-check';
import type { JobManifest } from '../../workflows/care/inject-repository.ts';

/** A Job as somebody writes it: everything that an API server wants of it, and fields that nobody but it reads. */
export interface WrittenJob extends JobManifest {
  readonly apiVersion: 'batch/v1';
  readonly kind: 'Job';
  readonly metadata: {
    readonly name?: string;
    readonly generateName?: string;
    readonly labels?: Record<string, string>;
  };
}

interface JobParts {
  readonly metadata: WrittenJob['metadata'];
  readonly volumes?: readonly { name: string }[];
  readonly containers: readonly object[];
  readonly more?: object;
  readonly pod?: object;
}

export const writtenJob = ({ metadata, volumes, containers, more, pod }: JobParts): WrittenJob => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata,
  spec: {
    // Nothing has to run: what is looked at is the Job.
    suspend: true,
    ...more,
    template: {
      metadata: { labels: { app: 'kopia' } },
      spec: { restartPolicy: 'Never', ...pod, ...(volumes && { volumes }), containers },
    },
  } as JobManifest['spec'],
});

export const container = (name: string, fields: object = {}) => ({ name, image: 'kopia:test', ...fields });

const label = fc.stringMatching(/^[a-z]([-a-z0-9]{0,10}[a-z0-9])?$/);
const suffix = fc.stringMatching(/^[a-z0-9]{1,12}$/);
const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const maintenanceName = suffix.map((end) => `kopia-maint-${end}`);
const otherName = fc.oneof(
  suffix.map((end) => `kopia-main-${end}`),
  suffix.map((end) => `x-kopia-maint-${end}`),
  suffix.map((end) => `volsync-src-${end}`),
);

/** By a name, by one to generate, or by both, of which the name counts. */
const named = (name: fc.Arbitrary<string>): fc.Arbitrary<WrittenJob['metadata']> =>
  fc.oneof(
    name.map((it) => ({ name: it, labels: { 'app.kubernetes.io/created-by': 'volsync' } })),
    name.map((it) => ({ generateName: `${it}-` })),
    fc
      .tuple(name, fc.oneof(maintenanceName, otherName))
      .map(([it, other]) => ({ name: it, generateName: `${other}-` })),
  );

const volume = (names: fc.Arbitrary<string>): fc.Arbitrary<{ name: string }> =>
  fc
    .tuple(
      names,
      fc.constantFrom<object>(
        { emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } },
        { persistentVolumeClaim: { claimName: 'cache', readOnly: true } },
        { configMap: { name: 'settings', items: [{ key: 'a', path: 'b' }] } },
        { nfs: { server: 'nas.example', path: '/kopia' } },
      ),
    )
    .map(([name, source]) => ({ name, ...source }));

const mountPath = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom('/repository', '/repository/') },
  { weight: 4, arbitrary: fc.constantFrom('/repository/cache', '/cache', '/mnt/repository', '/tmp', '/repositories') },
);

/** A container that mounts each of its paths once, from the volumes there are. */
const containerWith = (name: string, volumes: readonly { name: string }[]): fc.Arbitrary<object> =>
  fc
    .record({
      mounts: fc.uniqueArray(fc.tuple(mountPath, fc.nat(), fc.boolean()), {
        selector: ([path]) => path.replace(/\/$/, ''),
        maxLength: volumes.length === 0 ? 0 : 4,
      }),
      absent: fc.boolean(),
      // The same variable twice is allowed, and must stay so.
      env: some(
        fc.array(fc.record({ name: fc.constantFrom('A', 'B'), value: suffix }), { minLength: 1, maxLength: 3 }),
      ),
      resources: some(fc.constant({ limits: { memory: '1Gi' } })),
    })
    .map(({ mounts, absent, env, resources }) => {
      const volumeMounts = mounts.map(([path, index, readOnly]) => ({
        name: volumes[index % volumes.length]!.name,
        mountPath: path,
        ...(readOnly && { readOnly, subPath: 'part' }),
      }));
      const none = volumeMounts.length === 0 && absent;
      return container(name, { ...(env && { env }), ...(resources && { resources }), ...(!none && { volumeMounts }) });
    });

const job = (metadata: fc.Arbitrary<WrittenJob['metadata']>, names: fc.Arbitrary<string>): fc.Arbitrary<WrittenJob> =>
  fc
    .tuple(
      metadata,
      some(fc.uniqueArray(volume(names), { selector: ({ name }) => name, maxLength: 4 })),
      fc.uniqueArray(label, { minLength: 1, maxLength: 5 }),
      some(fc.record({ backoffLimit: fc.nat(9), ttlSecondsAfterFinished: fc.nat(9000) })),
      some(fc.record({ nodeSelector: fc.constant({ disk: 'ssd' }), priorityClassName: fc.constant('') })),
    )
    .chain(([meta, volumes, labels, more, pod]) => {
      const [first, ...rest] = labels.map((name) => containerWith(name, volumes ?? []));
      const init = rest.length > 2 ? rest.pop() : undefined;
      return fc
        .tuple(fc.tuple(first!, ...rest), init ? init.map((one) => [one]) : fc.constant(undefined))
        .map(([containers, initContainers]) =>
          writtenJob({
            metadata: meta,
            containers,
            ...(volumes && { volumes }),
            ...(more && { more }),
            pod: { ...pod, ...(initContainers && { initContainers }) },
          }),
        );
    });

const notRepository = label.filter((name) => name !== 'repository');

/** Maintenance that lacks its repository. */
export const lackingJob = job(named(maintenanceName), notRepository);

/** Maintenance that brings a volume `repository`, and Jobs that are none, with or without one. */
export const otherJob = fc.oneof(
  fc
    .tuple(job(named(maintenanceName), notRepository), volume(fc.constant('repository')), fc.nat())
    .map(([made, own, at]) => {
      const volumes = [...(made.spec.template.spec.volumes ?? [])];
      volumes.splice(at % (volumes.length + 1), 0, own);
      const spec = { ...made.spec.template.spec, volumes };
      return { ...made, spec: { ...made.spec, template: { ...made.spec.template, spec } } };
    }),
  job(named(otherName), fc.oneof(notRepository, fc.constant('repository'))),
);
