import {
  type AffectedSnapshot,
  type DamagedPack,
  MAX_NAMED_PACKS,
  MAX_NAMED_SNAPSHOTS,
  type VerifyReport,
} from '../../api/verify-report.ts';
import type { DamagedContent, DamagedEntry, DamageKind } from '../kopia/verify-output.ts';

/** Everything that Kopia named as damaged, each once. */
export class Damage {
  readonly contents = new Map<string, DamagedContent>();
  readonly entries: DamagedEntry[] = [];
  private readonly packs = new Map<string, { kind: DamageKind; contents: number; identities: Set<string> }>();

  addContents(found: readonly DamagedContent[]): void {
    for (const each of found) {
      if (this.contents.has(each.content)) continue;
      this.contents.set(each.content, each);
      this.pack(each.pack, each.kind).contents++;
    }
  }

  addEntries(found: readonly DamagedEntry[]): void {
    this.entries.push(...found);
    for (const each of found) this.pack(each.pack, each.kind);
  }

  get found(): boolean {
    return this.contents.size > 0 || this.entries.length > 0;
  }

  /** Pack of an object, as far as Kopia named it; undefined: this object is not damaged. */
  packOf(object: string): string | undefined {
    const content = this.contents.get(object);
    if (content) return content.pack ?? '';
    const entry = this.entries.find((each) => each.object === object);
    return entry && (entry.pack ?? '');
  }

  usedBy(pack: string, identity: string): void {
    this.packs.get(pack)?.identities.add(identity);
  }

  report(affected: readonly AffectedSnapshot[]): DamageReport {
    const packs = [...this.packs].map(
      ([blob, { kind, contents, identities }]): DamagedPack => ({
        blob,
        kind,
        contents,
        identities: [...identities].sort(),
      }),
    );
    return {
      damagedContents: this.contents.size,
      damagedPacks: packs.length,
      packs: packs.slice(0, MAX_NAMED_PACKS),
      affectedSnapshots: affected.length,
      affectedIdentities: [...new Set(affected.map(({ identity }) => identity))].sort(),
      affected: affected.slice(0, MAX_NAMED_SNAPSHOTS),
    };
  }

  private pack(blob: string | undefined, kind: DamageKind) {
    const known = this.packs.get(blob ?? '') ?? { kind, contents: 0, identities: new Set<string>() };
    this.packs.set(blob ?? '', known);
    return known;
  }
}

type DamageReport = Pick<
  VerifyReport,
  'damagedContents' | 'damagedPacks' | 'packs' | 'affectedSnapshots' | 'affectedIdentities' | 'affected'
>;
