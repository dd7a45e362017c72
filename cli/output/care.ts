import type { MaintenanceResult, VerificationResult } from '../../workflows/care/contract.ts';
import { bytes, count, parseTime, time } from './format.ts';
import type { Colors } from './output.ts';
import { renderFacts } from './table.ts';

type Fact = [name: string, value: string | undefined];

/** What a maintenance says, also when it was left out (pure). */
export function renderMaintenance(colors: Colors, result: MaintenanceResult): string {
  return render(colors, result, contentFacts(result));
}

/** What a verification that found nothing says; damage is a failure of the run and told as one (pure). */
export function renderVerification(colors: Colors, result: VerificationResult): string {
  const { report, round } = result.verified ?? {};
  const allRead = parseTime(round?.allReadTime);
  return render(colors, result, [
    ['looked at', report && `${count(report.snapshots)} snapshots, ${count(report.contentsChecked)} contents`],
    [
      'read',
      report?.mode === 'deep' ? `${count(report.contentsRead)} contents, ${bytes(report.bytesRead)}` : undefined,
    ],
    ['part', report?.mode === 'deep' ? `${report.part.index + 1} of ${report.part.of}` : undefined],
    ['all read', allRead && `once by ${time(allRead)}`],
    ...contentFacts(result),
  ]);
}

type Ended = Pick<MaintenanceResult, 'outcome' | 'message'>;

function render(colors: Colors, { outcome, message }: Ended, facts: readonly Fact[]): string {
  const said = (outcome === 'Succeeded' ? colors.green : colors.yellow)(message);
  return facts.some(([, value]) => value !== undefined) ? `${said}\n${renderFacts(colors, [...facts])}` : said;
}

function contentFacts({ content }: Pick<MaintenanceResult, 'content'>): Fact[] {
  if (!content) return [];
  return [
    ['stored', content.stored],
    ['holds', `${count(content.snapshots)} snapshots of ${count(content.identities)} identities`],
    ['blobs', `${count(content.blobs)}, ${count(content.indexBlobs)} of them index`],
  ];
}
