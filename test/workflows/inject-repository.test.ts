import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { injectRepository, type RepositoryVolume } from '../../workflows/care/inject-repository.ts';
import { container, lackingJob, otherJob, type WrittenJob, writtenJob } from './maintenance-jobs.ts';

const claim: RepositoryVolume = { claimName: 'kopia' };
const repository = fc.constantFrom<RepositoryVolume>(
  claim,
  { claimName: 'backups', mountPath: '/mnt/repository' },
  { nfs: { server: 'nas.example', path: '/kopia' } },
);
const podOf = (job: WrittenJob) => job.spec.template.spec;
const trimmed = (path: string): string => path.replace(/^\/+|\/+$/g, '');

describe('the repository of a maintenance Job that lacks it', () => {
  it('is there once: as a volume, and in every container at the path', () => {
    fc.assert(
      fc.property(lackingJob, repository, (job, where) => {
        const { volumes = [], containers } = podOf(injectRepository(job, where));
        expect(volumes.filter(({ name }) => name === 'repository')).toEqual([
          'nfs' in where
            ? { name: 'repository', nfs: where.nfs }
            : { name: 'repository', persistentVolumeClaim: { claimName: where.claimName } },
        ]);
        const path = where.mountPath ?? '/repository';
        for (const { volumeMounts = [] } of containers)
          expect(volumeMounts.filter((mount) => trimmed(mount.mountPath) === trimmed(path))).toHaveLength(1);
      }),
    );
  });

  it('is all that was added: volumes, mounts, fields and their order stay', () => {
    fc.assert(
      fc.property(lackingJob, repository, (job, where) => {
        const before = structuredClone(job);
        const injected = injectRepository(job, where);
        expect(job).toEqual(before);
        const pod = podOf(injected);
        // What was added stands last; without it the Job is the one that came in, apart from lists that were left out.
        const { volumes: _, ...others } = pod;
        const containers = pod.containers.map((one, index) => {
          const own = podOf(job).containers[index]!;
          const added = (one.volumeMounts?.length ?? 0) - (own.volumeMounts?.length ?? 0);
          if (added > 0) expect(one.volumeMounts!.at(-1)!.name).toBe('repository');
          if (own.volumeMounts) return { ...one, volumeMounts: one.volumeMounts!.slice(0, own.volumeMounts.length) };
          const { volumeMounts: __, ...without } = one;
          return without;
        });
        const volumes = podOf(job).volumes && { volumes: pod.volumes!.slice(0, -1) };
        const stripped = { ...others, ...volumes, containers };
        expect({
          ...injected,
          spec: { ...injected.spec, template: { ...injected.spec.template, spec: stripped } },
        }).toEqual(job);
      }),
    );
  });

  it('is not added a second time', () => {
    fc.assert(
      fc.property(lackingJob, repository, repository, (job, first, second) => {
        const once = injectRepository(job, first);
        expect(once).not.toBe(job);
        expect(injectRepository(once, second)).toBe(once);
      }),
    );
  });
});

it('every other Job is returned itself', () => {
  fc.assert(
    fc.property(otherJob, repository, (job, where) => {
      expect(injectRepository(job, where)).toBe(job);
    }),
  );
});

describe('a container that has something at the path', () => {
  const own = { name: 'archive', mountPath: '/repository' };

  it.each(['/repository', '/repository/', 'repository'])('keeps it (%s), and the others get the repository', (path) => {
    const job = writtenJob({
      metadata: { name: 'kopia-maint-daily' },
      volumes: [{ name: 'archive' }],
      containers: [container('own', { volumeMounts: [{ ...own, mountPath: path }] }), container('other')],
    });
    const { containers } = podOf(injectRepository(job, claim));
    expect(containers.map(({ volumeMounts }) => volumeMounts)).toEqual([
      [{ ...own, mountPath: path }],
      [{ name: 'repository', mountPath: '/repository' }],
    ]);
  });
});

it('a name counts before one to generate', () => {
  const job = (metadata: WrittenJob['metadata']) => writtenJob({ metadata, containers: [container('kopia')] });
  const touched = (metadata: WrittenJob['metadata']) => {
    const one = job(metadata);
    return injectRepository(one, claim) !== one;
  };
  expect(touched({ name: 'kopia-maint-a', generateName: 'other-' })).toBe(true);
  expect(touched({ name: 'other', generateName: 'kopia-maint-' })).toBe(false);
  expect(touched({ name: '', generateName: 'kopia-maint-' })).toBe(true);
  expect(touched({ name: 'kopia-maint' })).toBe(false);
  expect(touched({})).toBe(false);
});
