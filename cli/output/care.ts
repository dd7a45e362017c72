import type { MaintenanceResult } from '../../workflows/care/contract.ts';
import { count } from './format.ts';
import type { Colors } from './output.ts';
import { renderFacts } from './table.ts';

/** What a maintenance says, also when it was left out (pure). */
export function renderMaintenance(colors: Colors, { outcome, message, content }: MaintenanceResult): string {
  const paint = outcome === 'Succeeded' ? colors.green : colors.yellow;
  if (!content) return paint(message);
  return [
    paint(message),
    renderFacts(colors, [
      ['stored', content.stored],
      ['snapshots', `${count(content.snapshots)} of ${count(content.identities)} identities`],
      ['blobs', `${count(content.blobs)}, ${count(content.indexBlobs)} of them index`],
    ]),
  ].join('\n');
}
