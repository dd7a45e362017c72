import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { projectPaths, readProjectFile, root } from './project-files.ts';

/** Packages that may run inside the sandbox: Temporal's own, the schema library, and what these two stand on. */
const ALLOWED_PACKAGES: readonly string[] = [
  ...['@temporalio/common', '@temporalio/workflow', '@temporalio/worker', '@temporalio/proto', 'zod'],
  ...['ms', 'long', 'nexus-rpc'],
];

/** Modules of a bundle, from the source map that ends it. */
function modulesOf(code: string): string[] {
  const encoded = /sourceMappingURL=data:application\/json;[^,]*,(\S*)/.exec(code)?.[1] ?? '';
  const map = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as { sources: string[] };
  return map.sources.filter((source) => !source.startsWith('webpack/'));
}

const packageOf = (source: string): string | undefined => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1];

const contractPaths = projectPaths().filter((path) => /^workflows\/[a-z]+\/(inspect-)?contract\.ts$/.test(path));

describe('the workflow bundle', () => {
  let modules: string[];
  beforeAll(async () => {
    const { code } = await bundleWorkflowCode({
      workflowsPath: `${root}/workflows/index.ts`,
      logger: new DefaultLogger('ERROR'),
    });
    modules = modulesOf(code);
  }, 60_000);

  it('holds only the rooms api and workflows', () => {
    const ours = modules.filter((source) => packageOf(source) === undefined);
    const paths = ours.map((source) => source.slice(source.indexOf(root) + root.length + 1));
    expect(paths).toContain('workflows/backup/workflow.ts');
    expect(paths.filter((path) => !/^(api|workflows)\//.test(path))).toEqual([]);
  });

  it('loads every module with schemas once for all runs, and keeps Temporal from freezing what the schemas remember', () => {
    const shared = readProjectFile('workflows/shared-modules.ts');
    const named = [...shared.matchAll(/import \* as (\w+) from '\.\.\/(api\/[^']+)'/g)];
    const ours = modules.filter((source) => packageOf(source) === undefined);
    const paths = ours.map((source) => source.slice(source.indexOf(root) + root.length + 1));
    const inApi = paths
      .filter((path) => path.startsWith('api/'))
      .filter((path) => /^import \{ z \} from 'zod'/m.test(readProjectFile(path)));
    expect(inApi).toContain('api/backup-request.ts');
    expect(named.map(([, , path]) => path).sort()).toEqual(inApi.sort());
    const frozen = /for \(const exported of \[([^\]]*)\]/.exec(shared)?.[1] ?? '';
    expect(
      frozen
        .split(/[\s,]+/)
        .filter(Boolean)
        .sort(),
    ).toEqual(named.map(([, name]) => name).sort());
  });

  it('holds only packages that are deterministic', () => {
    const packages = [...new Set(modules.map(packageOf).filter((name) => name !== undefined))];
    expect(packages).toContain('@temporalio/workflow');
    expect(packages.filter((name) => !ALLOWED_PACKAGES.includes(name))).toEqual([]);
  });

  it('refuses a workflow that reaches for the machine, over however many files', async () => {
    const bundle = bundleWorkflowCode({
      workflowsPath: `${root}/test/architecture/planted/reaches-out.ts`,
      logger: new DefaultLogger('ERROR', () => undefined),
    });
    await expect(bundle).rejects.toThrow();
  });
});

describe('names', () => {
  it('of workflows are exactly those of the contracts', async () => {
    const exported = [...readProjectFile('workflows/index.ts').matchAll(/export \{([^}]*)\}/g)]
      .flatMap(([, names = '']) => names.split(','))
      .map((name) => name.trim())
      .filter(Boolean);
    const contracts = await Promise.all(contractPaths.map((path) => import(`${root}/${path}`)));
    const promised = contracts.flatMap((contract: object) =>
      Object.entries(contract).filter(([key, value]) => /^[A-Z_]+$/.test(key) && typeof value === 'string'),
    );
    expect(exported.sort()).toEqual(promised.map(([, value]) => value as string).sort());
  });

  it('of activities stand in one interface, and in one factory each', () => {
    const declared = contractPaths.flatMap((path) => methodsOfInterfaces(readProjectFile(path)));
    expect(declared.length).toBeGreaterThan(15);
    expect(duplicates(declared)).toEqual([]);
    const factories = projectPaths()
      .filter((path) => /^activities\/.*\.ts$/.test(path))
      .map(readProjectFile);
    const made = factories.filter((text) => /export function create\w*Activities\(/.test(text)).flatMap(keysOfFactory);
    const known = made.filter((name) => declared.includes(name));
    expect(duplicates(known)).toEqual([]);
    expect([...known].sort()).toEqual([...declared].sort());
  });

  it('that are doubled are caught', () => {
    expect(duplicates(['a', 'b', 'a'])).toEqual(['a']);
    expect(
      methodsOfInterfaces(
        'export interface XActivities {\n  /** y(); */\n  one(a: string): Promise<void>;\n  two(): void;\n}',
      ),
    ).toEqual(['one', 'two']);
    expect(
      keysOfFactory('  return {\n    one: (x) => f(x),\n    async two(input) {\n    },\n    three,\n  };'),
    ).toEqual(['one', 'two', 'three']);
  });
});

const duplicates = (names: readonly string[]): string[] => [
  ...new Set(names.filter((name, index) => names.indexOf(name) !== index)),
];

/** Methods of the interfaces `…Activities` of a contract. */
function methodsOfInterfaces(text: string): string[] {
  const bodies = [...text.matchAll(/export interface \w*Activities \{\n([\s\S]*?)\n\}/g)].map(([, body = '']) => body);
  return bodies.flatMap((body) => [...body.matchAll(/^ {2}(\w+)\(/gm)].map(([, name = '']) => name));
}

/** Keys of the object that a factory returns: four spaces in, as the formatter puts them. */
const keysOfFactory = (text: string): string[] =>
  [...text.matchAll(/^ {4}(?:async )?(\w+)(?:: |\(|,$)/gm)].map(([, name = '']) => name);
