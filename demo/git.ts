import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderFluxKustomization } from '../platform/gitops/render.ts';
import { projectRoot } from '../platform/project.ts';
import { FLUX_KUSTOMIZATION } from './application.ts';

const repository = (): string => join(projectRoot(), 'demo/git');

/** Everything that Flux would apply for the application, as YAML: its own objects and those of the component. */
export const renderApplication = (
  tools: Readonly<Record<string, string>>,
  clusterSettings: Readonly<Record<string, string>>,
): Promise<string> =>
  renderFluxKustomization({
    tools,
    folders: {
      '.': repository(),
      'kubernetes/components/volsync': join(projectRoot(), 'deploy/component'),
    },
    file: FLUX_KUSTOMIZATION,
    clusterVariables: clusterSettings,
  });

/** The lines of the Flux Kustomization that a person writes for an application. */
export async function substituteLines(): Promise<string[]> {
  const lines = (await readFile(join(repository(), FLUX_KUSTOMIZATION), 'utf8')).split('\n');
  const from = lines.findIndex((line) => line.trim() === 'substitute:');
  const to = lines.findIndex((line, at) => at > from && !/^\s+[A-Z_]+:/.test(line));
  return lines.slice(from + 1, to).map((line) => line.trim());
}
