import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { parseManifests, readManifests } from '../../cli/manifests.ts';
import { manifest } from '../schedules/manifests.ts';

const noStdin = async () => '';
const yaml = (...objects: object[]): string => objects.map((object) => stringify(object)).join('---\n');

describe('manifests', () => {
  it('are read from folders, files, lists and standard input; other kinds are left alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stowage-manifests-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await mkdir(join(folder, 'apps', 'a'), { recursive: true });
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' } };
    await writeFile(join(folder, 'apps', 'a', 'all.yaml'), yaml(service, manifest({ name: 'a-src' })));
    await writeFile(
      join(folder, 'apps', 'list.yml'),
      yaml({ kind: 'List', items: [manifest({ name: 'b-src' }), service] }),
    );
    await writeFile(join(folder, 'apps', 'notes.txt'), 'not: [yaml');
    await writeFile(join(folder, 'one.json'), JSON.stringify(manifest({ name: 'c-src' })));
    const stdin = async () => yaml(manifest({ name: 'd-src' }));
    const read = await readManifests([join(folder, 'apps'), join(folder, 'one.json'), '-'], {}, stdin);
    expect(read.problems).toEqual([]);
    expect(read.sources.map(({ name }) => name)).toEqual(['a-src', 'b-src', 'c-src', 'd-src']);
    expect(read.notOurs).toBe(2);
  });

  it('tell all problems of all files at once, with file, object and field', () => {
    const bad = manifest({ name: 'bad-src', kopia: { copyMethod: 'Magic' }, spec: {} });
    const { problems, remarks } = parseManifests(
      [
        { file: 'a.yaml', text: yaml(bad, manifest({ kopia: { actions: {} } })) },
        { file: 'b.yaml', text: 'a: [b' },
        { file: 'c.yaml', text: yaml(manifest()) },
      ],
      {},
    );
    expect(problems).toEqual([
      expect.stringMatching(/^b\.yaml: is not YAML: /),
      'a.yaml: demo/bad-src: spec.kopia.copyMethod: must be Snapshot, Clone, Direct or None (got "Magic")',
      'c.yaml: demo/app-src: metadata.name: is declared in a.yaml too',
    ]);
    expect(remarks).toEqual([expect.stringContaining('a.yaml: demo/app-src: spec.kopia.actions: is not run')]);
  });

  it('name what can not be read', async () => {
    await expect(readManifests(['/no/such/file'], {}, noStdin)).rejects.toThrow(
      "--file: '/no/such/file' can't be read (ENOENT)",
    );
  });
});
