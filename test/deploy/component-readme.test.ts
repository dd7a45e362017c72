import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { componentFolder, embyFolder } from './render.ts';

const readme = readFileSync(join(componentFolder, 'README.md'), 'utf8');

/** Name → default of every variable in a text; of a default that holds a variable again, only that one's name. */
function variablesIn(text: string): [name: string, fallback: string][] {
  const found: [string, string][] = [];
  for (let at = text.indexOf('${'); at >= 0; at = text.indexOf('${', at + 2)) {
    const inner = text.slice(at + 2, closing(text, at + 2));
    const [name = ''] = inner.split(':=', 1);
    found.push([name, inner.slice(name.length + 2).replace(/\$\{(\w+):=[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/g, '$${$1}')]);
  }
  return found;
}

/** Where the bracket that was opened before `from` closes. */
function closing(text: string, from: number): number {
  for (let at = from, depth = 1; at < text.length; at++) {
    if (text[at] === '{') depth++;
    if (text[at] === '}' && --depth === 0) return at;
  }
  throw new Error(`no closing bracket after ${text.slice(from, from + 40)}`);
}

const files = readdirSync(componentFolder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.yaml'),
);
const used = files.flatMap((name) =>
  // A comment speaks of variables, it has none.
  variablesIn(readFileSync(join(componentFolder, name), 'utf8').replace(/^\s*#.*$/gm, '')),
);

describe("the component's README", () => {
  it('names every variable once, with the one default that it has everywhere', () => {
    const rows = [...readme.matchAll(/^\| `(\w+)` \| (?:`([^`]*)`)? ?\|/gm)];
    const saying = ([name, fallback]: readonly string[]): string => `${name} = ${fallback}`;
    const shown = rows.map(([, name = '', fallback = '']) => saying([name, fallback]));
    expect(shown.sort()).toEqual([...new Set(used.map(saying))].sort());
  });

  it("shows the reference's emby as the demo plays it", () => {
    const shown = /```yaml\n(# kubernetes\/apps\/default\/emby\/ks\.yaml\n[\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const { spec } = parse(shown) as { spec: { postBuild: object } };
    const played = parse(
      readFileSync(join(embyFolder, 'kubernetes/apps/default/emby/ks.yaml'), 'utf8'),
    ) as typeof parse;
    expect(played).toMatchObject({ spec });
    expect(spec.postBuild).toEqual({
      substitute: {
        APP: 'emby',
        VOLSYNC_CAPACITY: '10Gi',
        VOLSYNC_STORAGECLASS: 'csi-cephfs-config-sc',
        VOLSYNC_SNAPSHOTCLASS: 'csi-cephfs-config-snapclass',
        VOLSYNC_CACHE_SNAPSHOTCLASS: 'csi-cephfs-config-sc',
      },
    });
  });
});
